import { beforeEach, describe, expect, it } from "vitest";
import { MessageQueue } from "./message-queue.ts";
import { PartyQuota, PartyRate } from "./party-quota.ts";
import type { SeatHolder } from "./seats.ts";

/** A worker of a seat; the later its certificate, the larger its key. */
function worker(partyId: number, key = 1): SeatHolder {
  const publicKey = new Uint8Array(32).fill(key);
  return { seat: { partyId } as SeatHolder["seat"], publicKey, certificateSha256: publicKey, issuedMs: key };
}

describe("what one party may hold", () => {
  it("is its own: another has as much", () => {
    const quota = new PartyQuota(2);
    const [first, second, third] = [quota.take(worker(1)), quota.take(worker(1)), quota.take(worker(1))];
    expect([first, second, third].map((held) => held !== undefined)).toEqual([true, true, false]);
    expect(quota.take(worker(2))).toBeDefined();
    expect(quota.total).toBe(3);
  });

  it("is used up by none of the workers that were on its seat before", () => {
    const quota = new PartyQuota(1);
    for (let key = 1; key < 9; key++) quota.take(worker(1, key));
    expect([quota.take(worker(1, 9)), quota.take(worker(1, 9))]).toEqual([expect.any(Function), undefined]);
  });

  it("is handed back once, however often that is said", () => {
    const quota = new PartyQuota(1);
    const give = quota.take(worker(1))!;
    give();
    give();
    expect(quota.take(worker(1))).toBeDefined();
    expect(quota.take(worker(1))).toBeUndefined();
    expect(quota.total).toBe(1);
  });
});

describe("how often a party may do something", () => {
  let nowMs: number;
  let rate: PartyRate;
  beforeEach(() => {
    nowMs = 0;
    rate = new PartyRate({ burst: 2, perSecond: 1 }, () => nowMs);
  });
  const spend = (...workers: SeatHolder[]) => workers.map((each) => rate.spend(each));

  it("is a burst, then its share of each second", () => {
    const [one, two] = [worker(1), worker(2)];
    expect(spend(one, one, one, two)).toEqual([true, true, false, true]);
    nowMs = 500;
    expect(spend(one)).toEqual([false]);
    nowMs = 1_000;
    expect(spend(one, one)).toEqual([true, false]);
  });

  it("is spent by none of the workers that were on its seat before", () => {
    for (let key = 1; key < 9; key++) spend(worker(1, key), worker(1, key), worker(1, key));
    const successor = worker(1, 9);
    expect(spend(successor, successor, successor)).toEqual([true, true, false]);
  });

  it("is bounded for all the keys that one seat had: one that spent its own has no more of it after the others", () => {
    const keys = [1, 2, 3, 4, 5].map((key) => worker(1, key));
    const spent = Array.from({ length: 20 }, () => spend(...keys)).flat();
    expect(spent.filter(Boolean).length).toBeLessThanOrEqual(2 * keys.length);
    nowMs = 2_000;
    expect(spend(keys[0]!)).toEqual([true]);
  });
});

describe("a queue of messages", () => {
  const sizeOf = (text: string) => text.length;
  const readAll = async (queue: MessageQueue<string>) => {
    const read: string[] = [];
    for await (const text of queue) read.push(text);
    return read;
  };

  it("gives everything in order", async () => {
    const queue = new MessageQueue({ items: 3, bytes: 10, sizeOf });
    expect(["a", "bb", "ccc"].map((text) => queue.push(text))).toEqual([true, true, true]);
    queue.close();
    expect(await readAll(queue)).toEqual(["a", "bb", "ccc"]);
  });

  it.each([
    ["items", ["a", "b", "c", "d"], 4],
    ["bytes", ["aaaaa", "bbbbb", "c"], 3],
  ])("ends, and keeps nothing, when its reader is too many %s behind", async (_, texts, full) => {
    const queue = new MessageQueue({ items: 3, bytes: 10, sizeOf });
    const taken = texts.map((text) => queue.push(text));
    expect(taken.indexOf(false) + 1).toBe(full);
    expect(await readAll(queue)).toEqual([]);
  });

  it("takes a single message of any size", async () => {
    const queue = new MessageQueue({ items: 3, bytes: 10, sizeOf });
    expect(queue.push("a very long message")).toBe(true);
    queue.close();
    expect(await readAll(queue)).toEqual(["a very long message"]);
  });

  it("counts what is read as gone", async () => {
    const queue = new MessageQueue({ items: 1, bytes: 10, sizeOf });
    const reader = queue[Symbol.asyncIterator]();
    for (const text of ["one", "two", "three"]) {
      expect(queue.push(text)).toBe(true);
      expect((await reader.next()).value).toBe(text);
    }
  });
});
