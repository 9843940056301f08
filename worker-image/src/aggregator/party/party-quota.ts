import { leftAt, type Rate, type RateAccount } from "../../shared/rates/rate-account.ts";
import { SeatAccounts } from "./seat-accounts.ts";
import type { SeatHolder } from "./seats.ts";

/** A share of something that each worker has for itself, so that none can use up another's, nor its successor's on the seat. */
export class PartyQuota {
  readonly #limit: number;
  readonly #accounts = new SeatAccounts({ open: () => ({ taken: 0 }), isIdle: ({ taken }) => taken === 0 });

  /** @param limit most that one worker may hold at a time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Most that one worker may hold. */
  get limit(): number {
    return this.#limit;
  }

  /** What all workers hold together. */
  get total(): number {
    return this.#accounts.all.reduce((sum, { taken }) => sum + taken, 0);
  }

  /** Takes one for a worker and gives what hands it back; `undefined` when the worker holds all of its own. */
  take(holder: SeatHolder): (() => void) | undefined {
    const account = this.#accounts.of(holder);
    if (account === undefined || account.taken >= this.#limit) return undefined;
    account.taken += 1;
    let isHeld = true;
    return () => {
      if (isHeld) account.taken -= 1;
      isHeld = false;
    };
  }
}

/** How often each worker may do something: a burst, then so many a second. */
export class PartyRate {
  readonly #bounds: Rate;
  readonly #monotonicMs: () => number;
  readonly #accounts: SeatAccounts<{ left: number; atMs: number }>;

  constructor(bounds: Rate, monotonicMs: () => number) {
    this.#bounds = bounds;
    this.#monotonicMs = monotonicMs;
    this.#accounts = new SeatAccounts({
      open: () => ({ left: bounds.burst, atMs: monotonicMs() }),
      isIdle: (account) => this.#leftOf(account) >= bounds.burst,
    });
  }

  /** Whether the worker may do it once more now; counts it when it may. */
  spend(holder: SeatHolder): boolean {
    const account = this.#accounts.of(holder);
    if (account === undefined) return false;
    account.left = this.#leftOf(account);
    account.atMs = this.#monotonicMs();
    if (account.left < 1) return false;
    account.left -= 1;
    return true;
  }

  #leftOf(account: RateAccount): number {
    return leftAt(this.#bounds, account, this.#monotonicMs());
  }
}
