import type { JobSnapshot, PartyReport } from "../snapshot.ts";

type Parties = readonly PartyReport[];

/** Parties of each participant by the list that they were taken from: a job may have 25,600, and each of its seats asks. */
const partiesByParticipant = new WeakMap<Parties, ReadonlyMap<string, Parties>>();

/** The workers of a participant that have joined, as the aggregator said last. */
export function partiesOf({ aggregator }: JobSnapshot, participant: string): Parties {
  if (aggregator.state !== "heard") return [];
  const { parties } = aggregator.report;
  const known = partiesByParticipant.get(parties) ?? Map.groupBy(parties, (party) => party.participant);
  partiesByParticipant.set(parties, known);
  return known.get(participant) ?? [];
}
