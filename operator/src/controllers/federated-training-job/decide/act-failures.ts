import type { JobCondition } from "@tributary/contracts";
import type { Action } from "../plan.ts";
import type { Condition } from "../snapshot.ts";

/** An action that failed, as far as people are told of it. */
export interface FailedAction {
  readonly action: Action;
  /** Reason of the error in the catalogue. */
  readonly reason: string;
  /** One sentence with the object and the remedy. */
  readonly message: string;
}

/** Condition that an action works towards; its failure makes it False. */
const serves: Readonly<Partial<Record<Action["type"], JobCondition>>> = {
  "ensure-certificates": "AggregationReady",
  "apply-hub": "AggregationReady",
  "place-seat": "ClustersReady",
  "open-window": "Progressing",
};

/**
 * The decided conditions with those that a failure contradicts replaced: what an API server or an aggregator refused must
 * be seen by people, not only by the log. The first failure of a condition counts.
 */
export function applyFailures(conditions: readonly Condition[], failures: readonly FailedAction[]): Condition[] {
  const replaced = new Map<string, Condition>();
  for (const { action, reason, message } of failures) {
    const type = serves[action.type];
    if (type === undefined || replaced.has(type)) continue;
    replaced.set(type, { type, status: "False", reason, message: `${action.why}: ${message}` });
  }
  const kept = conditions.map((condition) => replaced.get(condition.type) ?? condition);
  const added = [...replaced.values()].filter(({ type }) => !conditions.some((condition) => condition.type === type));
  return [...kept, ...added];
}
