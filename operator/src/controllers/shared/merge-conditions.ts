import { cutText } from "@tributary/contracts";

/** A condition as it is decided, without times. */
export interface DecidedCondition {
  readonly type: string;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

/** A condition as a status carries it. */
export interface WrittenCondition extends DecidedCondition {
  readonly observedGeneration?: number;
  readonly lastTransitionTime: string;
}

const messageLimit = 1024;

/**
 * The conditions of the new status: decided ones replace those of their type and keep the transition time while the status
 * stays; others stay as they are. Sorted by type, so that the order never changes.
 */
export function mergeConditions(
  present: readonly WrittenCondition[],
  decided: readonly DecidedCondition[],
  generation: number | undefined,
  now: string,
): WrittenCondition[] {
  const merged = new Map<string, WrittenCondition>(present.map((condition) => [condition.type, condition]));
  for (const condition of decided) {
    const before = merged.get(condition.type);
    merged.set(condition.type, {
      ...condition,
      message: cutText(condition.message, messageLimit),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime: before?.status === condition.status ? before.lastTransitionTime : now,
    });
  }
  return [...merged.values()].sort((left, right) => (left.type < right.type ? -1 : 1));
}
