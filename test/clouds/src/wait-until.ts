import { setTimeout as sleep } from "node:timers/promises";

/** How long and how often a condition is looked at. */
export interface WaitOptions {
  /** The promise rejects after this many milliseconds. */
  readonly timeoutMs: number;
  /** Pause between two looks, in milliseconds; 100 when absent. */
  readonly intervalMs?: number;
}

/**
 * Looks at a condition until it returns something other than `undefined` or `false`, and returns that. A look that throws counts as
 * "not yet"; its error is the cause of the one that says the deadline has passed, which names `what` was waited for.
 */
export async function waitUntil<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      cause = undefined;
    } catch (error: unknown) {
      if (error instanceof GivenUp) throw error.reason;
      cause = error;
    }
    if (performance.now() >= deadline) {
      const why = cause instanceof Error ? `: ${cause.message}` : "";
      throw new Error(`${what} did not happen within ${options.timeoutMs} ms${why}`, { cause });
    }
    await sleep(options.intervalMs ?? 100);
  }
}

class GivenUp extends Error {
  readonly reason: Error;

  constructor(reason: Error) {
    super(reason.message);
    this.reason = reason;
  }
}

/** Thrown by a look of `waitUntil` when waiting longer cannot help: the wait ends at once with `reason`. */
export function giveUp(reason: Error): never {
  throw new GivenUp(reason);
}
