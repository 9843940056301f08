/** A share of something that each party has for itself, so that none can use up another's. */
export class PartyQuota {
  readonly #limit: number;
  readonly #taken = new Map<number, number>();

  /** @param limit most that one party may hold at a time. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Most that one party may hold. */
  get limit(): number {
    return this.#limit;
  }

  /** What all parties hold together. */
  get total(): number {
    return [...this.#taken.values()].reduce((sum, taken) => sum + taken, 0);
  }

  /** Takes one for a party and gives what hands it back; `undefined` when the party holds all of its own. */
  take(party: number): (() => void) | undefined {
    const taken = this.#taken.get(party) ?? 0;
    if (taken >= this.#limit) return undefined;
    this.#taken.set(party, taken + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = this.#taken.get(party)! - 1;
      if (left === 0) this.#taken.delete(party);
      else this.#taken.set(party, left);
    };
  }
}

/** How often each party may do something: a burst, then so many a second. */
export class PartyRate {
  readonly #bounds: { readonly burst: number; readonly perSecond: number };
  readonly #monotonicMs: () => number;
  readonly #buckets = new Map<number, { left: number; atMs: number }>();

  constructor(bounds: { readonly burst: number; readonly perSecond: number }, monotonicMs: () => number) {
    this.#bounds = bounds;
    this.#monotonicMs = monotonicMs;
  }

  /** Whether the party may do it once more now; counts it when it may. */
  spend(party: number): boolean {
    const { burst, perSecond } = this.#bounds;
    const nowMs = this.#monotonicMs();
    const { left, atMs } = this.#buckets.get(party) ?? { left: burst, atMs: nowMs };
    const now = Math.min(burst, left + ((nowMs - atMs) / 1000) * perSecond);
    this.#buckets.set(party, { left: now >= 1 ? now - 1 : now, atMs: nowMs });
    return now >= 1;
  }
}
