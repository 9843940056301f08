import { EnforcementReason } from "./enforcement.ts";

/** What the looks so far say. */
export interface Settled {
  /** What is said of the cluster. */
  readonly reason: EnforcementReason;
  /** What the newest looks say, and how many of them in a row. */
  readonly newest: EnforcementReason;
  readonly looks: number;
}

/** Before the first look. */
export const unsettled: Settled = {
  reason: EnforcementReason.NotSettled,
  newest: EnforcementReason.NotSettled,
  looks: 0,
};

/** Looks in a row that must agree: a network plugin binds a new pod a moment after it started, and one lost packet proves nothing. */
const AGREEING_LOOKS = 3;
const NEXT_LOOK_MS = 5_000;
const NEXT_PROBE_MS = 10 * 60_000;

/** Takes a further look into account. */
export function settle(before: Settled, newest: EnforcementReason): Settled {
  const looks = newest === before.newest ? Math.min(before.looks + 1, AGREEING_LOOKS) : 1;
  return { reason: looks === AGREEING_LOOKS ? newest : before.reason, newest, looks };
}

/** Time until the next look: soon while looks are missing. */
export function untilNextLookMs({ reason, newest }: Settled): number {
  return reason === newest ? NEXT_PROBE_MS : NEXT_LOOK_MS;
}
