import { TributaryError } from "@tributary/kit";

/** How often each caller may call, and how many callers are kept in mind. */
export interface RateBounds {
  /** Calls at once. */
  readonly burst: number;
  /** Calls a second after that. */
  readonly perSecond: number;
  /** Callers that are remembered; the one whose last call is the longest ago is forgotten first. */
  readonly callers: number;
}

interface Account {
  readonly left: number;
  readonly atMs: number;
}

/** How often each caller has called of late, counted for itself: none uses up another's calls. */
export class CallRates {
  readonly #bounds: RateBounds;
  readonly #monotonicMs: () => number;
  /** In order of the last call. */
  readonly #accounts = new Map<string, Account>();

  constructor(bounds: RateBounds, monotonicMs: () => number) {
    this.#bounds = bounds;
    this.#monotonicMs = monotonicMs;
  }

  /** Callers that are remembered now. */
  get size(): number {
    return this.#accounts.size;
  }

  /**
   * Counts a call.
   *
   * @throws QUEUE_FULL, telling when to try again, for one too many; that one is not counted.
   */
  spend(caller: string): void {
    const { burst, perSecond, callers } = this.#bounds;
    const atMs = this.#monotonicMs();
    const known = this.#accounts.get(caller);
    const left = known === undefined ? burst : Math.min(burst, known.left + ((atMs - known.atMs) / 1000) * perSecond);
    this.#accounts.delete(caller);
    this.#accounts.set(caller, { left: left < 1 ? left : left - 1, atMs });
    if (this.#accounts.size > callers) this.#accounts.delete(this.#accounts.keys().next().value!);
    if (left >= 1) return;
    const retryAfterMs = Math.ceil(((1 - left) / perSecond) * 1000);
    throw new TributaryError("QUEUE_FULL", `${caller} asks too often`, { retryAfterMs });
  }
}
