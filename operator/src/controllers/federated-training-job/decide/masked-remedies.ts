import type { Problem } from "../snapshot.ts";

/** What keeps masked rounds from being opened, by its reason, and what people do about it; empty where the message says it already. */
const ofRounds: ReadonlyMap<string, string> = new Map([
  ["GateUnreachable", "see that the gate of its member runs and answers on its worker port"],
  ["GateStateDamaged", "its member's admin restores the gate's volume, or removes the file that the gate's log names"],
  ["GateMemoryFull", ""],
  [
    "EnrolmentRefused",
    "a pod that is gone is followed by another; of one that is there its member's admin reads in the gate's log what differs from the runtime",
  ],
  [
    "PeersInvalid",
    "its member's admin mends peer list and policy; kubectl tributary peers list shows what the gate reads",
  ],
  [
    "TermsRefused",
    "its member's admin allows it in the gate's policy, or the job is created with what the policy allows",
  ],
  ["DifferenceOfJobs", ""],
  ["ProtocolRefused", "bring all sidecars and the hub to one release; what then remains is told in the sidecar's log"],
]);

/** The same of what keeps a sum that was announced from being opened: rounds could be opened, but none other than that one. */
const ofSums: ReadonlyMap<string, string> = new Map([
  ["UnmaskSpent", "bring back the workers that it names; one that cannot come back ends the job with UnmaskLost"],
]);

/** Reasons of both kinds: what may end an attempt at a masked round. */
export const maskedReasons: readonly string[] = [...ofRounds.keys(), ...ofSums.keys()];

/** Whether a reason is of those that keep masked rounds from being opened. */
export function keepsMaskedRounds(reason: string): boolean {
  return ofRounds.has(reason);
}

/** Whether a reason is of those that keep an announced sum from being opened. */
export function keepsAnnouncedSum(reason: string): boolean {
  return ofSums.has(reason);
}

/** What people do about such a reason, as it follows the message; empty where the message says it already. */
export function remedyOfMasked(reason: string): string {
  return ofRounds.get(reason) ?? ofSums.get(reason) ?? "";
}

/** A problem with what people do about it, where its message does not say that. */
export function withRemedy({ reason, message }: Problem): Problem {
  const remedy = remedyOfMasked(reason);
  if (remedy === "") return { reason, message };
  return { reason, message: `${message}; ${remedy}` };
}
