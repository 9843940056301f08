import { Disposition } from "../errors/catalogue.ts";
import { asTributaryError, type TributaryError } from "../errors/tributary-error.ts";
import { type BackoffBounds, backoffMs, NETWORK_BACKOFF } from "./backoff.ts";
import { type Clock, systemClock } from "./clock.ts";

/** How {@link retry} goes about it. */
export interface RetryOptions {
  /** Gives up when it aborts, with its reason. */
  readonly signal?: AbortSignal;
  /** Most calls in all; no bound when left out, then `signal` must be the bound. */
  readonly maxAttempts?: number;
  /** Delays between calls; network defaults. */
  readonly backoff?: BackoffBounds;
  /** Whether an error is worth another call; default: disposition transient or wait. */
  readonly isRetriable?: (error: TributaryError) => boolean;
  /** Told of each error that is retried. */
  readonly onRetry?: (error: TributaryError, attempt: number, delayMs: number) => void;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Draws in [0, 1); default Math.random. */
  readonly random?: () => number;
}

/**
 * Calls until it succeeds, with exponential back-off and jitter.
 *
 * @throws the last TributaryError when it is not retriable or attempts are used up; the signal's reason when it aborts.
 */
export async function retry<T>(call: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const clock = options.clock ?? systemClock;
  for (let attempt = 0; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await call(attempt);
    } catch (cause) {
      options.signal?.throwIfAborted();
      const error = asTributaryError(cause);
      const isLast = options.maxAttempts !== undefined && attempt + 1 >= options.maxAttempts;
      if (isLast || !(options.isRetriable ?? isWorthRetrying)(error)) throw error;
      const backoff = backoffMs(attempt, options.backoff ?? NETWORK_BACKOFF, (options.random ?? Math.random)());
      const delayMs = Math.max(backoff, error.retryAfterMs ?? 0);
      options.onRetry?.(error, attempt, delayMs);
      await clock.sleep(delayMs, options.signal);
    }
  }
}

function isWorthRetrying(error: TributaryError): boolean {
  return error.disposition === Disposition.Transient || error.disposition === Disposition.Wait;
}
