import { type Clock, pause } from "../clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** A clock for tests: time stands still until `advance`, and timers run in the order in which they fall due. */
export interface FakeClock extends Clock {
  /** Moves time forward by `durationMs`, running each due timer and letting promises settle after each one. */
  advance(durationMs: number): Promise<void>;
  /** Number of timers that wait; a test of a leak expects zero. */
  pendingTimers(): number;
  /** Milliseconds until the earliest timer, or undefined when none waits. */
  nextTimerInMs(): number | undefined;
  /** Moves the wall clock alone, as a step of NTP does; may be negative. */
  skew(deltaMs: number): void;
}

/** Lets every promise that can settle without a timer or input settle. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Makes a fake clock whose wall clock starts at `startMs`. */
export function createFakeClock(startMs = 1_800_000_000_000): FakeClock {
  let elapsedMs = 0;
  let wallOffsetMs = startMs;
  let order = 0;
  const timers = new Set<Timer>();

  const earliest = () => [...timers].sort((left, right) => left.dueMs - right.dueMs || left.order - right.order).at(0);

  const clock: FakeClock = {
    nowMs: () => wallOffsetMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    startTimer(delayMs, run) {
      const timer: Timer = { dueMs: elapsedMs + Math.max(0, delayMs), order: order++, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async sleep(delayMs, signal) {
      if (await pause(clock, delayMs, signal ?? new AbortController().signal)) return;
      throw signal?.reason;
    },
    async advance(durationMs) {
      const untilMs = elapsedMs + durationMs;
      await settle();
      for (let timer = earliest(); timer !== undefined && timer.dueMs <= untilMs; timer = earliest()) {
        timers.delete(timer);
        elapsedMs = timer.dueMs;
        timer.run();
        await settle();
      }
      elapsedMs = untilMs;
    },
    pendingTimers: () => timers.size,
    nextTimerInMs() {
      const timer = earliest();
      return timer === undefined ? undefined : timer.dueMs - elapsedMs;
    },
    skew(deltaMs) {
      wallOffsetMs += deltaMs;
    },
  };
  return clock;
}
