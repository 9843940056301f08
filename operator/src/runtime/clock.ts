import { type Clock as KitClock, systemClock as kitClock } from "@tributary/kit";

/** Cancels a pending timer; calling it after the timer fired, or twice, does nothing. */
export type CancelTimer = () => void;

/**
 * Time as an argument: nothing in the runtime reads the machine's clock or starts a timer by itself. Kit's clock and more:
 * `nowMs` is wall-clock time, which may jump, for what is shown or written, never for durations.
 */
export interface Clock extends KitClock {
  /** Milliseconds from an arbitrary start that never go backwards. For every duration and deadline. */
  monotonicMs(): number;
  /** Calls `run` once, no earlier than `delayMs` from now. */
  startTimer(delayMs: number, run: () => void): CancelTimer;
}

/** A source of uniform numbers in [0, 1), as `Math.random`. */
export type Random = () => number;

const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  ...kitClock,
  monotonicMs: () => performance.now(),
  startTimer(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/**
 * Resolves after `delayMs`, or at once when `signal` aborts.
 *
 * @returns `true` when the whole delay passed, `false` when it was cut short.
 */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onAbort = () => {
      cancel();
      resolve(false);
    };
    const cancel = clock.startTimer(delayMs, () => {
      signal.removeEventListener("abort", onAbort);
      resolve(true);
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** An abort signal with a deadline; `release` must be called when the guarded work ends, or the timer stays. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** True when the time ran out, as opposed to an abort of the parent. */
  hasPassed(): boolean;
  release(): void;
}

/** Starts a deadline of `timeoutMs` that also aborts when any of `parents` does, with the same reason. */
export function startDeadline(clock: Clock, timeoutMs: number, ...parents: (AbortSignal | undefined)[]): Deadline {
  const controller = new AbortController();
  let passed = false;
  const cancel = clock.startTimer(timeoutMs, () => {
    passed = true;
    controller.abort(new Error(`deadline of ${timeoutMs} ms passed`));
  });
  const given = parents.filter((parent) => parent !== undefined);
  const onAbort = (event: Event) => controller.abort((event.target as AbortSignal).reason);
  for (const parent of given) {
    if (parent.aborted) controller.abort(parent.reason);
    else parent.addEventListener("abort", onAbort, { once: true });
  }
  return {
    signal: controller.signal,
    hasPassed: () => passed,
    release() {
      cancel();
      for (const parent of given) parent.removeEventListener("abort", onAbort);
    },
  };
}
