import { beforeEach, describe, expect, it } from "vitest";
import { SeatAccounts } from "./seat-accounts.ts";
import type { SeatHolder } from "./seats.ts";

interface Used {
  count: number;
}

let ended: Used[];
let accounts: SeatAccounts<Used>;
beforeEach(() => {
  ended = [];
  accounts = new SeatAccounts({
    open: () => ({ count: 0 }),
    isIdle: ({ count }) => count === 0,
    end: (used) => void ended.push(used),
  });
});

function aWorker(name: number, issuedMs: number, partyId = 1): SeatHolder {
  const publicKey = new Uint8Array(32).fill(name);
  return { seat: { partyId } as SeatHolder["seat"], publicKey, certificateSha256: new Uint8Array(32), issuedMs };
}

/** The account of a worker that has something under way. */
function busy(worker: SeatHolder): Used | undefined {
  const used = accounts.of(worker);
  if (used !== undefined) used.count += 1;
  return used;
}

describe("what the workers of a seat use", () => {
  it("is counted by key: a renewed certificate goes on with the account, another key and another seat have their own", () => {
    const first = busy(aWorker(1, 1));
    expect(accounts.of(aWorker(1, 9))).toBe(first);
    expect(accounts.of(aWorker(2, 9))).toEqual({ count: 0 });
    expect(accounts.of(aWorker(1, 1, 2))).toEqual({ count: 0 });
    expect(accounts.all).toHaveLength(3);
  });

  it("is counted for three keys: what is idle is forgotten before the earliest certificate makes way", () => {
    const [first, second] = [busy(aWorker(1, 1)), busy(aWorker(2, 2))];
    accounts.of(aWorker(3, 3));
    busy(aWorker(4, 4));
    expect(ended).toEqual([]);
    busy(aWorker(5, 5));
    expect(ended).toEqual([first]);
    expect(accounts.all).toHaveLength(3);
    expect(accounts.all).toContain(second);
  });

  it("of keys that were replaced never takes the place of a successor's, however many they are and whatever they do", () => {
    const holder = busy(aWorker(99, 1_000));
    for (let turn = 0; turn < 3; turn++) for (let name = 1; name <= 20; name++) busy(aWorker(name, name));
    expect(accounts.of(aWorker(99, 1_000))).toBe(holder);
    expect(accounts.all).toHaveLength(3);
    expect(accounts.of(aWorker(1, 1))).toBeUndefined();
  });
});
