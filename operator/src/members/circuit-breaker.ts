import { TributaryError } from "@tributary/kit";
import { type BackoffBounds, jitteredBackoffMs } from "../runtime/backoff.ts";
import type { Clock, Random } from "../runtime/clock.ts";

/** What a breaker is made from. */
export interface CircuitBreakerOptions {
  readonly cluster: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Failures in a row after which calls are refused; 5 by default. */
  readonly failuresToOpen?: number;
  /** How long calls are refused before one is let through; 1 s doubling to 30 s by default. */
  readonly openFor?: BackoffBounds;
}

/**
 * Stops calls to a cluster that does not answer: after some failures in a row every call fails at once, until a time has
 * passed and a single call may try. So a dead cluster holds no reconcile, no connection and no memory.
 */
export interface CircuitBreaker {
  /**
   * Passes, or throws.
   *
   * @throws TributaryError MEMBER_UNREACHABLE with the time until the next try.
   */
  admit(): void;
  /** Notes how an attempt ended: `true` when the API server answered anything at all. */
  record(hasAnswered: boolean): void;
  /** The caller gave an attempt up, which says nothing of the cluster: if it was the one that tries, another may. */
  release(): void;
  isOpen(): boolean;
}

/** Makes a closed breaker: every call passes. */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { cluster, clock, random } = options;
  const bounds = options.openFor ?? { initialMs: 1_000, maxMs: 30_000, factor: 2 };
  const failuresToOpen = options.failuresToOpen ?? 5;
  let failures = 0;
  let opened = 0;
  let openUntilMs: number | undefined;
  let isTrying = false;

  return {
    admit() {
      if (openUntilMs === undefined) return;
      const leftMs = openUntilMs - clock.monotonicMs();
      if (leftMs <= 0 && !isTrying) {
        isTrying = true;
        return;
      }
      const message = `cluster "${cluster}" does not answer; the next try is in ${Math.ceil(Math.max(leftMs, 0) / 1000)} s`;
      throw new TributaryError("MEMBER_UNREACHABLE", message, {
        details: { cluster, reason: "CircuitOpen", remedy: "check the network between the clusters" },
        retryAfterMs: Math.max(leftMs, 100),
      });
    },
    record(hasAnswered) {
      const wasTrying = isTrying;
      isTrying = false;
      if (hasAnswered) {
        failures = 0;
        opened = 0;
        openUntilMs = undefined;
        return;
      }
      failures++;
      if (!wasTrying && (openUntilMs !== undefined || failures < failuresToOpen)) return;
      openUntilMs = clock.monotonicMs() + jitteredBackoffMs(bounds, opened++, random);
    },
    release() {
      isTrying = false;
    },
    isOpen: () => openUntilMs !== undefined,
  };
}
