/** Bounds of an exponential back-off, in milliseconds. */
export interface BackoffBounds {
  /** Longest first delay. */
  readonly initialMs: number;
  /** Longest delay of all. */
  readonly maxMs: number;
}

/** Delays that suit a call over a network: 0.2 s doubling up to 30 s. */
export const NETWORK_BACKOFF: BackoffBounds = { initialMs: 200, maxMs: 30_000 };

/**
 * Delay before retry `attempt` (from 0) with half jitter: between half of `initial · 2^attempt` and all of it, capped.
 *
 * @param random a draw in [0, 1).
 */
export function backoffMs(attempt: number, bounds: BackoffBounds, random: number): number {
  const ceiling = Math.min(bounds.maxMs, bounds.initialMs * 2 ** Math.min(attempt, 30));
  return ceiling / 2 + (ceiling / 2) * random;
}
