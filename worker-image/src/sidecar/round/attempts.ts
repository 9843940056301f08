import { systemClock } from "@tributary/kit";
import { patienceOf } from "../gate/ask-patiently.ts";
import type { AttemptId } from "./party-machine.ts";

const ATTEMPT_ENDED = "the attempt ended";

/** Whether two are one attempt. */
export function isSameAttempt(a: AttemptId, b: AttemptId): boolean {
  return a.round === b.round && a.attempt === b.attempt;
}

/** What work ends with that nobody waits for any more. */
export function attemptEnded(): Error {
  return new Error(ATTEMPT_ENDED);
}

/** Whether work ended since nobody waits for it any more. */
export function isAttemptEnded(cause: unknown): boolean {
  return cause instanceof Error && cause.message === ATTEMPT_ENDED;
}

/** How long the gate is asked about an attempt whose reports are of no use after this moment of the monotonic clock. */
export function patienceUntil(expiresMs: number): number {
  return patienceOf(expiresMs - systemClock.monotonicMs());
}
