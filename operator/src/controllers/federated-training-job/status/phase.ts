import type { WrittenCondition } from "../../shared/merge-conditions.ts";
import { keepsMaskedRounds } from "../decide/masked-remedies.ts";

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
  ["Suspended", "True", "Suspended"],
  ["Accepted", "False", "Rejected"],
  ["AggregationReady", "False", "Starting"],
  ["ClustersReady", "False", "Placing"],
  ["Progressing", "True", "Training"],
  ["Progressing", "False", "Waiting"],
];

/**
 * The phase of a job's conditions. A job that ended by its number of rounds is Completed, not Converged; one whose rounds advance
 * is not Rejected, whatever went that its spec names.
 */
export function phaseOf(conditions: readonly WrittenCondition[]): PrintedPhase {
  const isTraining = conditions.some(({ type, status }) => type === "Progressing" && status === "True");
  for (const [type, status, phase] of rules) {
    const condition = conditions.find((one) => one.type === type);
    if (condition?.status !== status || (phase === "Rejected" && isTraining)) continue;
    const isPlain = type === "Complete" && condition.reason === "MaxRounds";
    // An aggregator that answers has started, whatever keeps masked rounds from being opened.
    const isWaiting = phase === "Starting" && keepsMaskedRounds(condition.reason);
    return { phase: isPlain ? "Completed" : isWaiting ? "Waiting" : phase, reason: condition.reason };
  }
  return { phase: "Pending", reason: "" };
}
