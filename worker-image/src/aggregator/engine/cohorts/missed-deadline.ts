import { equalBytes } from "@tributary/federated";
import type { PartyEntry } from "../../party/party-directory.ts";

/** What is known of an attempt at the moment at which its deadline closed it. */
export interface ExpiredAttempt {
  /** Workers that it was opened with, and their keys. */
  readonly roster: readonly { readonly id: number; readonly publicKey: Uint8Array }[];
  readonly quorum: number;
  /** Every seat of the job. */
  readonly seats: readonly Pick<PartyEntry, "seat" | "holder" | "isConnected" | "problem">[];
  /** Whether the report of a party is complete. */
  readonly hasReported: (party: number) => boolean;
}

/**
 * Whether it is the deadline that the workers could not meet: enough for the quorum were there to the end, with no trouble but that
 * they were late. Workers that were lost or replaced meanwhile would have been missed by any deadline.
 */
export function isDeadlineMissed({ roster, quorum, seats, hasReported }: ExpiredAttempt): boolean {
  const present = new Map(seats.map((entry) => [entry.seat.partyId, entry]));
  const reported = roster.filter(({ id }) => hasReported(id)).length;
  const late = roster.filter(({ id, publicKey }) => {
    const { holder, isConnected, problem } = present.get(id) ?? {};
    if (hasReported(id) || isConnected !== true || holder === undefined) return false;
    const isUntroubled = problem === undefined || problem.code === "DEADLINE_EXCEEDED";
    return isUntroubled && equalBytes(holder.publicKey, publicKey);
  });
  return reported < quorum && reported + late.length >= quorum;
}
