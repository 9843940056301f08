import type { Clock } from "../clock.ts";

/** Notices silence: fires once when nothing was heard for a time. */
export interface Watchdog {
  /** Something was heard. Costs one clock reading, so it may be called for every event. */
  heard(): void;
  stop(): void;
}

/** Starts a watchdog that calls `onSilence` after `silenceMs` without {@link Watchdog.heard}. */
export function startWatchdog(clock: Clock, silenceMs: number, onSilence: () => void): Watchdog {
  let heardAtMs = clock.monotonicMs();
  let cancel = clock.startTimer(silenceMs, check);

  function check(): void {
    const leftMs = heardAtMs + silenceMs - clock.monotonicMs();
    if (leftMs <= 0) onSilence();
    else cancel = clock.startTimer(leftMs, check);
  }

  return {
    heard() {
      heardAtMs = clock.monotonicMs();
    },
    stop: () => cancel(),
  };
}
