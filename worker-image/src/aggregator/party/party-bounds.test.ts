import { describe, expect, it } from "vitest";
import { MessageQueue } from "./message-queue.ts";
import { PartyQuota, PartyRate } from "./party-quota.ts";

describe("what one party may hold", () => {
  it("is its own: another has as much", () => {
    const quota = new PartyQuota(2);
    const [first, second, third] = [quota.take(1), quota.take(1), quota.take(1)];
    expect([first, second, third].map((held) => held !== undefined)).toEqual([true, true, false]);
    expect(quota.take(2)).toBeDefined();
    expect(quota.total).toBe(3);
  });

  it("is handed back once, however often that is said", () => {
    const quota = new PartyQuota(1);
    const give = quota.take(1)!;
    give();
    give();
    expect(quota.take(1)).toBeDefined();
    expect(quota.take(1)).toBeUndefined();
    expect(quota.total).toBe(1);
  });
});

it("how often a party may do something: a burst, then its share of each second", () => {
  let nowMs = 0;
  const rate = new PartyRate({ burst: 2, perSecond: 1 }, () => nowMs);
  expect([rate.spend(1), rate.spend(1), rate.spend(1), rate.spend(2)]).toEqual([true, true, false, true]);
  nowMs = 500;
  expect(rate.spend(1)).toBe(false);
  nowMs = 1_000;
  expect([rate.spend(1), rate.spend(1)]).toEqual([true, false]);
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
