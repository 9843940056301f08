import type { PartyEntry } from "../../party/party-directory.ts";
import { nameProblems } from "./name-problems.ts";

/** What is known of an attempt that closed without a sum. */
export interface Shortfall {
  /** Workers that reported in every segment. */
  readonly reported: number;
  /** Workers of the attempt. */
  readonly workers: number;
  readonly quorum: number;
  /** Seats of those that did not. */
  readonly missing: readonly Pick<PartyEntry, "seat" | "problem">[];
  /** Seats of those that did: one may report and then not sign that it is in the sum. */
  readonly reporters: readonly Pick<PartyEntry, "seat" | "problem">[];
}

/** Says to people why a round has no sum: how many reported, and what is wrong with the workers that did not, or not go on. */
export function describeShortfall({ reported, workers, quorum, missing, reporters }: Shortfall): string {
  if (reported >= quorum) {
    const left = `${reported} workers reported, too few of them are left to open their sum`;
    return [left, ...nameProblems(reporters)].join("; ");
  }
  return [`${reported} of ${workers} workers reported, quorum is ${quorum}`, ...nameProblems(missing)].join("; ");
}
