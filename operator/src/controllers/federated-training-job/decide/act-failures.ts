import type { JobCondition } from "@tributary/contracts";
import type { Action, PlannedEvent } from "../plan.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";

/** An action that failed, as far as people are told of it. */
export interface FailedAction {
  readonly action: Pick<Action, "type" | "why">;
  /** Reason of the error in the catalogue. */
  readonly reason: string;
  /** One sentence with the object and the remedy. */
  readonly message: string;
}

/** What was written before, and the time of this look. */
export interface Before {
  /** RFC 3339. */
  readonly now: string;
  readonly job: JobSnapshot["job"];
}

/** Condition that an action works towards; its failure makes it False. */
const serves: Readonly<Partial<Record<Action["type"], JobCondition>>> = {
  "ensure-certificates": "AggregationReady",
  "apply-hub": "AggregationReady",
  "open-window": "Progressing",
  "add-finalizer": "Progressing",
  "remove-finalizer": "Progressing",
  "delete-hub": "Progressing",
  "delete-job": "Progressing",
};

/**
 * The decided conditions with those that a failure contradicts replaced: what an API server or an aggregator refused must
 * be seen by people, not only by the log. The first failure of a condition is told, the others are counted. Since when it is
 * tried again is taken from what was written before.
 */
export function applyFailures(
  conditions: readonly Condition[],
  failures: readonly FailedAction[],
  before?: Before,
): Condition[] {
  const replaced = new Map<string, Condition>();
  for (const [type, [first, ...others]] of groupByCondition(failures)) {
    const more = others.length === 0 ? "" : ` (and ${others.length} more like it)`;
    const since = before === undefined ? "" : triedSince(type, first.reason, before);
    const message = `${first.action.why}${since}: ${first.message}${more}`;
    replaced.set(type, { type, status: "False", reason: first.reason, message });
  }
  const kept = conditions.map((condition) => replaced.get(condition.type) ?? condition);
  const added = [...replaced.values()].filter(({ type }) => !conditions.some((condition) => condition.type === type));
  return [...kept, ...added];
}

/** Events without those that tell as done what failed. */
export function withoutFailed(
  events: readonly PlannedEvent[],
  conditions: readonly Condition[],
  failures: readonly FailedAction[],
): PlannedEvent[] {
  const failed = [...groupByCondition(failures).keys()];
  const untrue = conditions.filter(({ type }) => failed.includes(type)).map(({ reason }) => reason);
  return events.filter(({ type, reason }) => type !== "Normal" || !untrue.includes(reason));
}

/** ` (tried again since TIME)`: the time that the condition names already when its reason is the same, else now. */
export function triedSince(type: JobCondition, reason: string, { now, job }: Before): string {
  const before = job.status?.conditions?.find((condition) => condition.type === type);
  const since = before?.reason === reason ? /\(tried again since (\S+)\)/u.exec(before.message)?.[1] : undefined;
  return ` (tried again since ${since ?? now})`;
}

function groupByCondition(failures: readonly FailedAction[]): Map<JobCondition, [FailedAction, ...FailedAction[]]> {
  const groups = new Map<JobCondition, [FailedAction, ...FailedAction[]]>();
  for (const failure of failures) {
    const type = serves[failure.action.type];
    if (type === undefined) continue;
    const group = groups.get(type);
    if (group === undefined) groups.set(type, [failure]);
    else group.push(failure);
  }
  return groups;
}
