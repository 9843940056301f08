import { randomUUID } from "node:crypto";
import { asTributaryError, Disposition, type TributaryError } from "@tributary/kit";
import { type Clock, startDeadline } from "../clock.ts";
import type { WorkQueue } from "../queue/work-queue.ts";

/** What a reconciler is given beside its key. */
export interface ReconcileContext {
  /** Aborts when the deadline passes or the drain ends; every call must be given it. */
  readonly signal: AbortSignal;
  /** Names this run in logs, traces and events. */
  readonly reconcileId: string;
  /** Failures of this key in a row before this run. */
  readonly failures: number;
}

/** What a reconciler asks for: to look again after a time, or (nothing) when something changes. */
export type ReconcileResult = { readonly requeueAfterMs?: number | undefined } | undefined;

/** Looks at everything that belongs to one key and brings it closer to what is wanted. Must be idempotent. */
export type Reconcile = (key: string, context: ReconcileContext) => Promise<ReconcileResult>;

/** How one reconcile ended. */
export const ReconcileOutcome = {
  Success: "success",
  Requeued: "requeued",
  /** Will be tried again with back-off. */
  Error: "error",
  /** Cannot pass by itself: looked at again slowly, or at once when the object changes. */
  Terminal: "terminal",
} as const;
/** One of the values of {@link ReconcileOutcome}. */
export type ReconcileOutcome = (typeof ReconcileOutcome)[keyof typeof ReconcileOutcome];

/** One finished reconcile; for logs, metrics and traces. */
export interface ReconcileReport {
  readonly controller: string;
  readonly key: string;
  readonly reconcileId: string;
  readonly outcome: ReconcileOutcome;
  readonly durationMs: number;
  readonly error?: TributaryError;
  /** Delay until the key is looked at again, in milliseconds. */
  readonly againInMs?: number;
}

/** Runs around each reconcile, for a trace span or a log context; must call `run` once and give its result. */
export type ReconcileWrapper = <T>(
  facts: { readonly controller: string; readonly key: string; readonly reconcileId: string },
  run: () => Promise<T>,
) => Promise<T>;

/** What a controller is made from. */
export interface ControllerOptions {
  readonly name: string;
  readonly queue: WorkQueue;
  readonly reconcile: Reconcile;
  readonly clock: Clock;
  /** Keys worked on at once; 5 by default. */
  readonly concurrency?: number;
  /** Time for one reconcile, in milliseconds; 30 s by default. */
  readonly deadlineMs?: number;
  /** Resolves with true once the caches are complete: no key is taken before. */
  readonly whenReady?: (signal: AbortSignal) => Promise<boolean>;
  /**
   * Resolves with true once this replica leads: no key is taken before. Asked after `whenReady`; a controller that waits here
   * counts as ready, because another replica works.
   */
  readonly whenLeading?: (signal: AbortSignal) => Promise<boolean>;
  readonly report?: (report: ReconcileReport) => void;
  readonly wrap?: ReconcileWrapper;
}

/** Signals that end a controller. */
export interface ControllerSignals {
  /** Aborts: no further key is taken; running reconciles go on. */
  readonly stop: AbortSignal;
  /** Aborts: running reconciles are aborted too. */
  readonly abandon: AbortSignal;
}

/** Time for one reconcile when the controller names none, in milliseconds. */
export const defaultDeadlineMs = 30_000;

/** Time until a key is looked at again whose error cannot pass by itself, in milliseconds. */
export const permanentRetryMs = 60_000;

/** Passes a reconcile through; the wrapper when none is given. */
const runPlainly: ReconcileWrapper = (_facts, run) => run();

/**
 * Takes keys from the queue and reconciles them until `stop` aborts; resolves when the last running reconcile ended.
 * An error is data: it is reported, and its disposition decides on the retry. `wait` comes back when the error says,
 * `permanent` and `protocol` slowly, since what mends them (a right that is granted) may be no change of the object, the others
 * with back-off. No error is the last look at a key.
 */
export async function runController(options: ControllerOptions, signals: ControllerSignals): Promise<void> {
  const { name, queue, clock } = options;
  const deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
  const wrap = options.wrap ?? runPlainly;

  function settleError(key: string, error: TributaryError): { outcome: ReconcileOutcome; againInMs?: number } {
    switch (error.disposition) {
      case Disposition.Permanent:
      case Disposition.Protocol:
        queue.addAfter(key, permanentRetryMs);
        return { outcome: ReconcileOutcome.Terminal, againInMs: permanentRetryMs };
      case Disposition.Wait:
        if (error.retryAfterMs === undefined) break;
        queue.forget(key);
        queue.addAfter(key, error.retryAfterMs);
        return { outcome: ReconcileOutcome.Requeued, againInMs: error.retryAfterMs };
      default:
    }
    return { outcome: ReconcileOutcome.Error, againInMs: queue.addRetry(key) };
  }

  function settleResult(key: string, result: ReconcileResult): { outcome: ReconcileOutcome; againInMs?: number } {
    queue.forget(key);
    if (result?.requeueAfterMs === undefined) return { outcome: ReconcileOutcome.Success };
    queue.addAfter(key, result.requeueAfterMs);
    return { outcome: ReconcileOutcome.Requeued, againInMs: result.requeueAfterMs };
  }

  async function reconcileOne(key: string): Promise<void> {
    const startedMs = clock.monotonicMs();
    const reconcileId = randomUUID();
    const deadline = startDeadline(clock, deadlineMs, signals.abandon);
    const context = { signal: deadline.signal, reconcileId, failures: queue.failures(key) };
    let settled: { outcome: ReconcileOutcome; againInMs?: number };
    let error: TributaryError | undefined;
    try {
      // An async function, so that a reconciler that throws before its first await is caught as well.
      const result = await wrap({ controller: name, key, reconcileId }, async () => options.reconcile(key, context));
      settled = settleResult(key, result);
    } catch (thrown) {
      error = asTributaryError(thrown);
      settled = settleError(key, error);
    } finally {
      deadline.release();
      queue.done(key);
    }
    const durationMs = clock.monotonicMs() - startedMs;
    options.report?.({ controller: name, key, reconcileId, durationMs, ...settled, ...(error ? { error } : {}) });
  }

  async function work(): Promise<void> {
    for (let key = await queue.take(signals.stop); key !== undefined; key = await queue.take(signals.stop)) {
      await reconcileOne(key);
    }
  }

  if (options.whenReady && !(await options.whenReady(signals.stop))) return;
  if (options.whenLeading && !(await options.whenLeading(signals.stop))) return;
  await Promise.all(Array.from({ length: options.concurrency ?? 5 }, work));
}
