import type { WrittenCondition } from "../../shared/merge-conditions.ts";

/** What `kubectl get` prints. Derived from the conditions; no decision reads it. */
export interface PrintedPhase {
  readonly phase: string;
  readonly reason: string;
}

type Rule = readonly [type: string, status: string, phase: string];

/** The first rule that holds names the phase. */
const rules: readonly Rule[] = [
  ["Complete", "True", "Converged"],
  ["Failed", "True", "Failed"],
  ["Accepted", "False", "Rejected"],
  ["Suspended", "True", "Suspended"],
  ["AggregationReady", "False", "Starting"],
  ["ClustersReady", "False", "Placing"],
  ["Progressing", "True", "Training"],
  ["Progressing", "False", "Waiting"],
];

/** The phase of a job's conditions. A job that ended by its number of rounds is Completed, not Converged. */
export function phaseOf(conditions: readonly WrittenCondition[]): PrintedPhase {
  for (const [type, status, phase] of rules) {
    const condition = conditions.find((one) => one.type === type);
    if (condition?.status !== status) continue;
    const isPlain = type === "Complete" && condition.reason === "MaxRounds";
    return { phase: isPlain ? "Completed" : phase, reason: condition.reason };
  }
  return { phase: "Pending", reason: "" };
}
