/** How far the actions of one look came. */
export interface Headway {
  /** Whether something failed that passes by itself. */
  readonly isPassing: boolean;
  /** Whether something was refused, which lasts until somebody mends its cause. */
  readonly isRefused: boolean;
  /** Whether a place is further than before, or on its way: it does not wait for what is refused beside it. */
  readonly hasProgressed: boolean;
}

/** Time until a look that failed in part is repeated, in milliseconds. */
const retryMs = 2_000;

/** Whether all that could be done was refused: a back-off alone says then when it is tried again. */
export function isStuck({ isPassing, isRefused, hasProgressed }: Headway): boolean {
  return isRefused && !isPassing && !hasProgressed;
}

/** Whether a back-off starts anew: nothing is refused any more, or something went through. */
export function isFree({ isPassing, isRefused, hasProgressed }: Headway): boolean {
  return hasProgressed || !(isPassing || isRefused);
}

/** Time until the look after one that is not stuck, in milliseconds; undefined waits for a change. */
export function nextLookMs({ isPassing, isRefused }: Headway, plannedMs: number | undefined): number | undefined {
  const failed = isPassing || isRefused;
  return failed ? Math.min(retryMs, plannedMs ?? retryMs) : plannedMs;
}
