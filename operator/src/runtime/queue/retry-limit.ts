import { type BackoffBounds, backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";

/** Decides how long a key waits before it is tried again. */
export interface RetryLimit {
  /** Notes one more failure of `key` and gives its delay in milliseconds. */
  nextDelayMs(key: string): number;
  /** Failures of `key` in a row. */
  failures(key: string): number;
  /** The key succeeded: its next failure counts as the first. */
  forget(key: string): void;
}

/** Bounds of retries: per key exponential, and a token bucket over all keys. */
export interface RetryLimitOptions {
  readonly clock: Clock;
  /** Per key; 5 ms doubling to 1000 s by default, the values of client-go. */
  readonly backoff?: BackoffBounds;
  /** Retries a second over all keys; 10 by default. */
  readonly perSecond?: number;
  /** Retries that may come at once; 100 by default. */
  readonly burst?: number;
}

/** Makes a limit; the longer of the two delays counts. */
export function createRetryLimit(options: RetryLimitOptions): RetryLimit {
  const { clock } = options;
  const bounds = options.backoff ?? { initialMs: 5, maxMs: 1_000_000, factor: 2 };
  const perMs = (options.perSecond ?? 10) / 1000;
  const burst = options.burst ?? 100;
  const failures = new Map<string, number>();
  let tokens = burst;
  let refilledAtMs = clock.monotonicMs();

  /** Takes one token, on credit when there is none, and gives the time until that credit is paid back. */
  function bucketDelayMs(): number {
    const nowMs = clock.monotonicMs();
    tokens = Math.min(burst, tokens + (nowMs - refilledAtMs) * perMs) - 1;
    refilledAtMs = nowMs;
    return tokens >= 0 ? 0 : -tokens / perMs;
  }

  return {
    nextDelayMs(key) {
      const failed = failures.get(key) ?? 0;
      failures.set(key, failed + 1);
      return Math.max(backoffMs(bounds, failed), bucketDelayMs());
    },
    failures: (key) => failures.get(key) ?? 0,
    forget: (key) => void failures.delete(key),
  };
}
