import { DATA_NAME_BYTES, type EnrolledParty, type RosterEntry } from "@tributary/federated";

/** The parties of a roster as a gate would have enrolled them, each with data of its own: a name made of its seat's id. */
export function enrolledParties(roster: readonly RosterEntry[]): EnrolledParty[] {
  return roster.map(({ id, ...worker }) => {
    const dataName = new Uint8Array(DATA_NAME_BYTES);
    new DataView(dataName.buffer).setUint32(0, id);
    return { ...worker, dataName };
  });
}
