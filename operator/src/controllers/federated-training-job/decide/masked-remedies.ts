/** What keeps masked rounds from being opened, by its reason, and what people do about it; empty where the message says it already. */
const remedies: ReadonlyMap<string, string> = new Map([
  ["GateUnreachable", "see that the gate of its member runs and answers on its worker port"],
  ["GateStateDamaged", "its member's admin restores the gate's volume, or removes the file that the gate's log names"],
  ["GateMemoryFull", ""],
  [
    "PeersInvalid",
    "its member's admin mends peer list and policy; kubectl tributary peers list shows what the gate reads",
  ],
  [
    "TermsRefused",
    "its member's admin allows it in the gate's policy, or the job is created with what the policy allows",
  ],
  ["DifferenceOfJobs", ""],
  ["CoverageTooThin", "add workers of other organisations that hold the part of the model which the message names"],
  ["ProtocolRefused", "bring all sidecars and the hub to one release; what then remains is told in the sidecar's log"],
]);

/** Whether a reason is of those that keep masked rounds from being opened. */
export function keepsMaskedRounds(reason: string): boolean {
  return remedies.has(reason);
}

/** What people do about such a reason, as it follows the message; empty where the message says it already. */
export function remedyOfMasked(reason: string): string {
  return remedies.get(reason) ?? "";
}
