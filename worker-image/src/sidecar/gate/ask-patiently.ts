import { type Clock, Disposition, type Logger, type RetryOptions, retry, type TributaryError } from "@tributary/kit";

/** Bounds of one call of the gate. */
export interface CallOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How long and how the gate is asked. */
export interface Patience extends Pick<RetryOptions, "isRetriable"> {
  /** Longest time of all tries together, in milliseconds. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longest time of one call; a gate that hangs is asked again over another connection. */
const CALL_TIMEOUT_MS = 3_000;
const BACKOFF = { initialMs: 100, maxMs: 1_000 };

/**
 * Asks the gate until it answers or the patience is over.
 *
 * @throws the last error that is not worth another try; the reason of the signal, or of the time that is over.
 */
export function askPatiently<T>(
  call: (options: CallOptions) => Promise<T>,
  { patienceMs, signal, clock, log, isRetriable }: Patience,
): Promise<T> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, Math.ceil(patienceMs)))]);
  return retry(() => call({ timeoutMs: CALL_TIMEOUT_MS, signal: patience }), {
    signal: patience,
    clock,
    backoff: BACKOFF,
    ...(isRetriable !== undefined && { isRetriable }),
    onRetry: (error, attempt, delayMs) => log.warn({ code: error.code, attempt, delayMs }, error.message),
  });
}

/** Whether a gate that knows its workers by certificates is asked again: one that it takes no more is followed by another. */
export function isAskedAgain({ code, disposition }: TributaryError): boolean {
  return code === "IDENTITY_REJECTED" || disposition === Disposition.Transient || disposition === Disposition.Wait;
}

/** Longest time that the gate is waited for while what comes meanwhile waits too. */
const LONGEST_PATIENCE_MS = 10_000;

/** How long the gate is waited for in a round that has this time left: as long as one of its exchanges may take. */
export function patienceOf(leftMs: number): number {
  return Math.min(LONGEST_PATIENCE_MS, leftMs / 8);
}
