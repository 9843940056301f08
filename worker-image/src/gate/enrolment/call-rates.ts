import { TributaryError } from "@tributary/kit";
import { leftAt, type Rate, type RateAccount } from "../../shared/rates/rate-account.ts";
import { RecentMap } from "../../shared/recent-map.ts";

/** How often each caller may call, and how many callers are kept in mind. */
export interface RateBounds extends Rate {
  /** Callers that are remembered; the one whose last call is the longest ago is forgotten first. */
  readonly callers: number;
}

/** How often each caller has called of late, counted for itself: none uses up another's calls. */
export class CallRates {
  readonly #bounds: RateBounds;
  readonly #monotonicMs: () => number;
  /** In order of the last call. */
  readonly #accounts: RecentMap<string, RateAccount>;

  constructor(bounds: RateBounds, monotonicMs: () => number) {
    this.#bounds = bounds;
    this.#accounts = new RecentMap(bounds.callers);
    this.#monotonicMs = monotonicMs;
  }

  /** Callers that are remembered now. */
  get size(): number {
    return this.#accounts.size;
  }

  /**
   * Counts a call.
   *
   * @param amount what it counts for, at most the burst.
   * @throws QUEUE_FULL, telling when to try again, for one too many; that one is not counted.
   */
  spend(caller: string, amount = 1): void {
    const { burst, perSecond } = this.#bounds;
    const atMs = this.#monotonicMs();
    const known = this.#accounts.get(caller);
    const left = known === undefined ? burst : leftAt(this.#bounds, known, atMs);
    this.#accounts.set(caller, { left: left < amount ? left : left - amount, atMs });
    if (left >= amount) return;
    const retryAfterMs = Math.ceil(((amount - left) / perSecond) * 1000);
    throw new TributaryError("QUEUE_FULL", `${caller} asks too often`, { retryAfterMs });
  }
}
