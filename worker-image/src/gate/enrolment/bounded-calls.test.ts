import { describe, expect, it } from "vitest";
import { BoundedCalls } from "./bounded-calls.ts";

const never = new AbortController().signal;

/** A call that ends when the test says so. */
function aCall() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let isStarted = false;
  const call = () => {
    isStarted = true;
    return promise;
  };
  return { call, end: () => resolve("done"), fail: () => reject(new Error("failed")), isStarted: () => isStarted };
}

describe("BoundedCalls", () => {
  it("runs as many as it may, lets some wait and refuses the rest", async () => {
    const bounded = new BoundedCalls({ atOnce: 2, waiting: 1 });
    const calls = [aCall(), aCall(), aCall()];
    const results = calls.map(({ call }) => bounded.run(call, never));
    await expect(bounded.run(async () => "never", never)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    expect(calls.map(({ isStarted }) => isStarted())).toEqual([true, true, false]);
    calls[0]!.fail();
    await expect(results[0]).rejects.toThrow("failed");
    for (const { end } of calls) end();
    expect(await Promise.all(results.slice(1))).toEqual(["done", "done"]);
  });

  it("gives the turn of a caller that went away to the next", async () => {
    const bounded = new BoundedCalls({ atOnce: 1, waiting: 2 });
    const [first, gone, last] = [aCall(), aCall(), aCall()];
    const stop = new AbortController();
    const results = [
      bounded.run(first.call, never),
      bounded.run(gone.call, stop.signal),
      bounded.run(last.call, never),
    ];
    stop.abort(new Error("gone"));
    await expect(results[1]).rejects.toThrow("gone");
    first.end();
    last.end();
    expect(await results[2]).toBe("done");
    expect(gone.isStarted()).toBe(false);
  });
});
