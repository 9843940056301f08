import type { Random } from "./clock.ts";

/** Bounds of an exponential back-off, in milliseconds. */
export interface BackoffBounds {
  /** Delay before the first retry. */
  readonly initialMs: number;
  /** Largest delay. */
  readonly maxMs: number;
  /** Growth per retry, at least 1. */
  readonly factor: number;
}

/** Back-off of list and watch against one API server: the values client-go uses for its reflector. */
export const reflectorBackoff: BackoffBounds = { initialMs: 800, maxMs: 30_000, factor: 2 };

/** Back-off of one call inside its deadline. */
export const callBackoff: BackoffBounds = { initialMs: 100, maxMs: 5_000, factor: 2 };

/** Delay before retry number `attempt` (0 is the first), without jitter, in milliseconds. */
export function backoffMs(bounds: BackoffBounds, attempt: number): number {
  return Math.min(bounds.maxMs, bounds.initialMs * bounds.factor ** Math.min(attempt, 64));
}

/**
 * Delay before retry number `attempt`, spread over the upper half: between 50 % and 100 % of the plain value,
 * so that watches which broke together do not come back together.
 */
export function jitteredBackoffMs(bounds: BackoffBounds, attempt: number, random: Random): number {
  return backoffMs(bounds, attempt) * (0.5 + random() / 2);
}
