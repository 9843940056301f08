import { type BackoffBounds, backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";

/** Decides how long a key waits before it is tried again. */
export interface RetryLimit {
  /** Notes one more failure of `key` and gives its delay in milliseconds. */
  nextDelayMs(key: string): number;
  /**
   * Time until `key` is due again, in milliseconds, for what is also tried in between when there is news: a failure before the time of the
   * last one is over counts as that one, so that news makes nothing wait longer.
   */
  waitMs(key: string): number;
  /** Failures of `key` in a row. */
  failures(key: string): number;
  /** The key succeeded: its next failure counts as the first. */
  forget(key: string): void;
}

/** Bounds of retries: per key exponential, and a token bucket over all keys. */
export interface RetryLimitOptions {
  readonly clock: Clock;
  /** Per key; 5 ms doubling to a minute by default: what passes by itself is not waited for longer than what must be mended. */
  readonly backoff?: BackoffBounds;
  /** Retries a second over all keys; 10 by default. */
  readonly perSecond?: number;
  /** Retries that may come at once; 100 by default. */
  readonly burst?: number;
}

/** Makes a limit; the longer of the two delays counts. */
export function createRetryLimit(options: RetryLimitOptions): RetryLimit {
  const { clock } = options;
  const bounds = options.backoff ?? { initialMs: 5, maxMs: 60_000, factor: 2 };
  const perMs = (options.perSecond ?? 10) / 1000;
  const burst = options.burst ?? 100;
  const failures = new Map<string, number>();
  const dueMs = new Map<string, number>();
  let tokens = burst;
  let refilledAtMs = clock.monotonicMs();

  /** Takes one token, on credit when there is none, and gives the time until that credit is paid back. */
  function bucketDelayMs(): number {
    const nowMs = clock.monotonicMs();
    tokens = Math.min(burst, tokens + (nowMs - refilledAtMs) * perMs) - 1;
    refilledAtMs = nowMs;
    return tokens >= 0 ? 0 : -tokens / perMs;
  }

  function nextDelayMs(key: string): number {
    const failed = failures.get(key) ?? 0;
    failures.set(key, failed + 1);
    return Math.max(backoffMs(bounds, failed), bucketDelayMs());
  }

  return {
    nextDelayMs,
    waitMs(key) {
      const nowMs = clock.monotonicMs();
      const known = dueMs.get(key) ?? 0;
      const due = known > nowMs ? known : nowMs + nextDelayMs(key);
      dueMs.set(key, due);
      return due - nowMs;
    },
    failures: (key) => failures.get(key) ?? 0,
    forget(key) {
      failures.delete(key);
      dueMs.delete(key);
    },
  };
}
