import { toHex } from "@tributary/federated";
import type { SeatHolder } from "./seats.ts";

/** Keys of a seat that are counted at a time: of the worker on it, of one that is about to take it, of one that it was taken from. */
const KEYS_OF_SEAT = 3;

interface Account<T> {
  readonly value: T;
  /** Of the key's newest certificate. */
  issuedMs: number;
}

/**
 * What the workers of each seat use, counted by seat and key: whoever still has the key of a worker that was replaced uses up nothing of its
 * successor's. Where a seat has too many keys at work the later certificates count, as they do for the seat itself.
 */
export class SeatAccounts<T> {
  readonly #kind: AccountKind<T>;
  readonly #seats = new Map<number, Map<string, Account<T>>>();

  constructor(kind: AccountKind<T>) {
    this.#kind = kind;
  }

  /**
   * The account of a worker's key. A new one takes the place of one that is idle, else of the one with the earliest certificate.
   *
   * @returns `undefined` when every other key's certificate is as late.
   */
  of({ seat: { partyId }, publicKey, issuedMs }: SeatHolder): T | undefined {
    const accounts = this.#seats.get(partyId) ?? new Map<string, Account<T>>();
    this.#seats.set(partyId, accounts);
    const key = toHex(publicKey);
    const known = accounts.get(key);
    if (known !== undefined) {
      known.issuedMs = Math.max(known.issuedMs, issuedMs);
      return known.value;
    }
    if (accounts.size >= KEYS_OF_SEAT && !this.#makeRoom(accounts, issuedMs)) return undefined;
    const value = this.#kind.open();
    accounts.set(key, { value, issuedMs });
    return value;
  }

  /** Every account that is kept, of all seats. */
  get all(): readonly T[] {
    return [...this.#seats.values()].flatMap((accounts) => [...accounts.values()].map(({ value }) => value));
  }

  #makeRoom(accounts: Map<string, Account<T>>, issuedMs: number): boolean {
    for (const [key, { value }] of accounts) if (this.#kind.isIdle(value)) accounts.delete(key);
    if (accounts.size < KEYS_OF_SEAT) return true;
    const [key, earliest] = [...accounts].reduce((first, next) =>
      next[1].issuedMs < first[1].issuedMs ? next : first,
    );
    if (earliest.issuedMs >= issuedMs) return false;
    accounts.delete(key);
    this.#kind.end?.(earliest.value);
    return true;
  }
}

/** What an account counts. */
export interface AccountKind<T> {
  open(): T;
  /** Whether it holds nothing that is worth remembering. */
  isIdle(value: T): boolean;
  /** Told of one that makes way for that of a later certificate while it is not idle. */
  end?(value: T): void;
}
