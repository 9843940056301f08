import { describe, expect, it } from "vitest";
import { createFakeClock, settle } from "../testing/fake-clock.ts";
import { createWorkQueue, Priority, type QueueReport, type WorkQueueOptions } from "./work-queue.ts";

const never = new AbortController().signal;

function makeQueue(options: Partial<WorkQueueOptions> = {}) {
  const clock = createFakeClock();
  return { clock, queue: createWorkQueue({ clock, ...options }) };
}

async function takeAll(queue: ReturnType<typeof createWorkQueue>): Promise<string[]> {
  const keys: string[] = [];
  while (queue.depth > 0) keys.push((await queue.take(never)) as string);
  return keys;
}

describe("work queue", () => {
  it("gives a key added three times out once", async () => {
    const { queue } = makeQueue();
    for (const key of ["a", "b", "a", "a"]) queue.add(key);
    expect(await takeAll(queue)).toEqual(["a", "b"]);
  });

  it("gives a key added during its work out again, and only after that work is done", async () => {
    const { queue } = makeQueue();
    queue.add("a");
    expect(await queue.take(never)).toBe("a");
    queue.add("a");
    queue.add("a");
    expect(queue.depth).toBe(0);
    queue.done("a");
    expect(await takeAll(queue)).toEqual(["a"]);
  });

  it("lets groups take turns", async () => {
    const { queue } = makeQueue({ groupOf: (key) => key.charAt(0) });
    for (const key of ["a1", "a2", "a3", "b1", "c1", "b2"]) queue.add(key);
    expect(await takeAll(queue)).toEqual(["a1", "b1", "c1", "a2", "b2", "a3"]);
  });

  it("gives out no more keys of a group at once than it may, and the others meanwhile", async () => {
    const { queue } = makeQueue({ groupOf: (key) => key.charAt(0), maxWorkingPerGroup: 2 });
    for (const key of ["a1", "a2", "a3", "b1"]) queue.add(key, Priority.User);
    const taken = [await queue.take(never), await queue.take(never), await queue.take(never)];
    expect(taken).toEqual(["a1", "b1", "a2"]);
    const waiting = queue.take(never);
    queue.done("b1");
    queue.add("c1");
    expect(await waiting).toBe("c1");
    const next = queue.take(never);
    queue.done("a1");
    expect(await next).toBe("a3");
  });

  it("gives a key back that was added during its work, also when its group was full", async () => {
    const { queue } = makeQueue({ groupOf: (key) => key.charAt(0), maxWorkingPerGroup: 1 });
    queue.add("a1");
    await queue.take(never);
    queue.add("a1");
    const next = queue.take(never);
    queue.done("a1");
    expect(await next).toBe("a1");
  });

  it("serves urgent keys first and moves a waiting key up", async () => {
    const { queue } = makeQueue();
    queue.add("resync", Priority.Resync);
    queue.add("change");
    queue.add("promoted", Priority.Resync);
    queue.add("promoted", Priority.User);
    expect(await takeAll(queue)).toEqual(["promoted", "change", "resync"]);
  });

  it("does not starve resyncs under a stream of urgent keys", async () => {
    const { queue } = makeQueue();
    queue.add("resync", Priority.Resync);
    const taken: string[] = [];
    for (let index = 0; index < 16; index++) {
      queue.add(`user-${index}`, Priority.User);
      taken.push((await queue.take(never)) as string);
    }
    expect(taken).toContain("resync");
  });

  it("keeps the earliest of several delays", async () => {
    const { clock, queue } = makeQueue();
    queue.addAfter("a", 1_000);
    queue.addAfter("a", 300);
    queue.addAfter("a", 500);
    await clock.advance(299);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(await takeAll(queue)).toEqual(["a"]);
    queue.done("a");
    await clock.advance(2_000);
    expect(queue.depth).toBe(0);
    expect(clock.pendingTimers()).toBe(0);
  });

  it("doubles the delay of a key that fails and starts over once it succeeds", () => {
    const { queue } = makeQueue();
    expect([queue.addRetry("a"), queue.addRetry("a"), queue.addRetry("a")]).toEqual([5, 10, 20]);
    expect(queue.failures("a")).toBe(3);
    queue.forget("a");
    expect(queue.addRetry("a")).toBe(5);
  });

  it("limits retries over all keys once the burst is used up", () => {
    const { queue } = makeQueue();
    const delays = Array.from({ length: 102 }, (_, index) => queue.addRetry(`key-${index}`));
    expect(delays.slice(0, 100).every((delayMs) => delayMs === 5)).toBe(true);
    expect(delays.slice(100)).toEqual([100, 200]);
  });

  it("wakes a waiting taker and ends it when its signal aborts", async () => {
    const { queue } = makeQueue();
    const stop = new AbortController();
    const first = queue.take(never);
    const second = queue.take(stop.signal);
    await settle();
    queue.add("a");
    expect(await first).toBe("a");
    stop.abort();
    expect(await second).toBeUndefined();
  });

  it("passes a key on when the taker it woke stopped at that moment", async () => {
    const { queue } = makeQueue();
    const stop = new AbortController();
    const first = queue.take(stop.signal);
    const second = queue.take(never);
    await settle();
    queue.add("a");
    stop.abort();
    expect(await first).toBeUndefined();
    expect(await second).toBe("a");
  });

  it("refuses a key when it is full and has no refill", () => {
    const { queue } = makeQueue({ maxKeys: 1 });
    queue.add("a");
    expect(() => queue.add("b")).toThrow(expect.objectContaining({ code: "QUEUE_FULL" }));
    expect(() => queue.add("a")).not.toThrow();
  });

  it("asks for all keys after an overflow, so that none is lost", async () => {
    const keys = new Set(["a", "b", "c", "d", "e"]);
    const reports: QueueReport[] = [];
    const { queue } = makeQueue({ maxKeys: 2, refill: () => keys, report: (report) => reports.push(report) });
    for (const key of keys) queue.add(key);
    const seen = new Set<string>();
    for (let round = 0; round < 50 && queue.depth > 0; round++) {
      const key = (await queue.take(never)) as string;
      seen.add(key);
      keys.delete(key);
      queue.done(key);
    }
    expect([...seen].sort()).toEqual(["a", "b", "c", "d", "e"]);
    expect(reports.filter((report) => report.type === "overflowed").length).toBeGreaterThan(0);
  });

  it("reports waiting and working times", async () => {
    const reports: QueueReport[] = [];
    const { clock, queue } = makeQueue({ report: (report) => reports.push(report) });
    queue.add("a");
    await clock.advance(40);
    await queue.take(never);
    await clock.advance(60);
    expect(queue.unfinished()).toEqual([{ key: "a", workedMs: 60 }]);
    queue.done("a");
    expect(reports).toEqual([
      { type: "added", depth: 1 },
      { type: "taken", depth: 0, waitedMs: 40 },
      { type: "done", workedMs: 60 },
    ]);
  });

  it("gives nothing out and keeps no timer once closed", async () => {
    const { clock, queue } = makeQueue();
    queue.addAfter("a", 100);
    queue.close();
    queue.add("b");
    expect(await queue.take(never)).toBeUndefined();
    expect(clock.pendingTimers()).toBe(0);
  });
});
