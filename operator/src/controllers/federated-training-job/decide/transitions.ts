import { Reason } from "@tributary/contracts";
import type { PlannedEvent } from "../plan.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { keepsAnnouncedSum } from "./masked-remedies.ts";
import { conditionOf } from "./verdict.ts";

/** Conditions whose change is told, with the status that is bad news. The others are told by the policy that decides them. */
const told: Readonly<Record<string, Condition["status"]>> = {
  Accepted: "False",
  AggregationReady: "False",
  ClustersReady: "False",
  Degraded: "True",
};

/** Reasons that say no more than: not yet. */
const quiet: readonly string[] = [
  Reason.WaitingForWorkers,
  Reason.AggregatorNotReady,
  Reason.VolumeNotBound,
  Reason.Connecting,
];

/** That a sum is announced and cannot be opened is told by no other condition. */
function keptSum({ type, status, reason, message }: Condition, before: ReturnType<typeof conditionOf>): PlannedEvent[] {
  const isNews = before?.status !== status || before.reason !== reason;
  const isTold = type === "Progressing" && status === "False" && keepsAnnouncedSum(reason) && isNews;
  return isTold ? [{ type: "Warning", reason, note: message }] : [];
}

/**
 * One event for each condition that changed status or reason since the status was written. Told of the conditions as they are
 * written, after the actions: what was decided before one of them failed is no news.
 */
export function tellTransitions(snapshot: JobSnapshot, conditions: readonly Condition[]): PlannedEvent[] {
  return conditions.flatMap((condition) => {
    const bad = told[condition.type];
    const before = conditionOf(snapshot, condition.type);
    if (bad === undefined || quiet.includes(condition.reason)) return keptSum(condition, before);
    if (before?.status === condition.status && before.reason === condition.reason) return [];
    const isBad = condition.status === bad;
    if (!isBad && before?.status !== bad && condition.type !== "ClustersReady") return [];
    return [
      { type: isBad ? ("Warning" as const) : ("Normal" as const), reason: condition.reason, note: condition.message },
    ];
  });
}
