/** When a member was last heard, and since when it is not. Wall-clock milliseconds; what `MemberCluster.status` keeps. */
export interface LossClock {
  readonly lastHeardMs?: number;
  /** First failure since it was last heard; absent while it answers. Later failures do not move it. */
  readonly disconnectedSinceMs?: number;
}

/** The fields of `MemberCluster.status` in which a loss clock survives a restart of the operator. */
export interface PersistedLossClock {
  readonly lastHeardTime?: string;
  readonly disconnectedSince?: string;
}

function parseTime(time: string | undefined): number | undefined {
  const timeMs = time === undefined ? Number.NaN : Date.parse(time);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

/** Reads the clock that an earlier operator wrote. */
export function readLossClock(status: PersistedLossClock | undefined): LossClock {
  const lastHeardMs = parseTime(status?.lastHeardTime);
  const disconnectedSinceMs = parseTime(status?.disconnectedSince);
  return {
    ...(lastHeardMs === undefined ? {} : { lastHeardMs }),
    ...(disconnectedSinceMs === undefined ? {} : { disconnectedSinceMs }),
  };
}

/** The fields to write; the second alone is absent while the member answers. */
export function persistLossClock(clock: LossClock): PersistedLossClock {
  return {
    ...(clock.lastHeardMs === undefined ? {} : { lastHeardTime: new Date(clock.lastHeardMs).toISOString() }),
    ...(clock.disconnectedSinceMs === undefined
      ? {}
      : { disconnectedSince: new Date(clock.disconnectedSinceMs).toISOString() }),
  };
}

/** The member answered at `nowMs`. */
export function heard(clock: LossClock, nowMs: number): LossClock {
  return { lastHeardMs: Math.max(nowMs, clock.lastHeardMs ?? nowMs) };
}

/** The member did not answer at `nowMs`: the first such moment counts. */
export function unheard(clock: LossClock, nowMs: number): LossClock {
  return clock.disconnectedSinceMs === undefined ? { ...clock, disconnectedSinceMs: nowMs } : clock;
}

/** How long the member has been away at `nowMs`, in milliseconds; 0 while it answers. */
export function awayMs(clock: LossClock, nowMs: number): number {
  return clock.disconnectedSinceMs === undefined ? 0 : Math.max(0, nowMs - clock.disconnectedSinceMs);
}
