/** How often something may be done: a burst, then so many a second. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** What somebody has left of a rate, and since when. */
export interface RateAccount {
  readonly left: number;
  /** On a clock that nobody sets. */
  readonly atMs: number;
}

/** What is left of a rate at a later moment: it fills up again to the burst, and no further. */
export function leftAt({ burst, perSecond }: Rate, { left, atMs }: RateAccount, nowMs: number): number {
  return Math.min(burst, left + ((nowMs - atMs) / 1000) * perSecond);
}
