import { backoffMs } from "@tributary/kit";

const BACKOFF = { initialMs: 500, maxMs: 30_000 };

/** How long the next attempt at a round waits after one that closed empty, in milliseconds: longer after each, never twice the same. */
export function attemptDelayMs(attempt: number): number {
  return backoffMs(attempt - 1, BACKOFF, Math.random());
}
