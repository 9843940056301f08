import type { PartyEntry } from "../../party/party-directory.ts";

/** Workers that a message names one by one. */
const MOST_NAMED = 3;

/** Says of the first workers that have a problem what it is, one item each, and of how many others it is silent. */
export function nameProblems(seats: readonly Pick<PartyEntry, "seat" | "problem">[]): string[] {
  const named = seats.flatMap(({ seat, problem }) =>
    problem === undefined
      ? []
      : [`worker ${seat.workerIndex} of ${seat.participant.name}: ${problem.message} (${problem.code})`],
  );
  const others = named.length - MOST_NAMED;
  return others > 0 ? [...named.slice(0, MOST_NAMED), `${others} others have problems too`] : named;
}
