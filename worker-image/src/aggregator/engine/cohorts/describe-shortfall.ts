import type { PartyEntry } from "../../party/party-directory.ts";

/** What is known of an attempt that closed without a sum. */
export interface Shortfall {
  /** Workers that reported in every segment. */
  readonly reported: number;
  /** Workers of the attempt. */
  readonly workers: number;
  readonly quorum: number;
  /** Every seat of the job. */
  readonly seats: readonly Pick<PartyEntry, "seat" | "problem">[];
}

/** Says to people why a round has no sum: how many reported, and what is wrong with the workers that did not. */
export function describeShortfall({ reported, workers, quorum, seats }: Shortfall): string {
  if (reported >= quorum) return `${reported} workers reported, too few of them are left to open their sum`;
  const problems = seats.flatMap(({ seat, problem }) =>
    problem === undefined
      ? []
      : [`worker ${seat.workerIndex} of ${seat.participant.name}: ${problem.message} (${problem.code})`],
  );
  return [`${reported} of ${workers} workers reported, quorum is ${quorum}`, ...problems].join("; ");
}
