import { beforeEach, describe, expect, it } from "vitest";
import { inParallel } from "./in-parallel.ts";

let begun: string[];
let ends: Map<string, PromiseWithResolvers<void>>;
/** How the call ended, once it has. */
let fate: string;
beforeEach(() => {
  begun = [];
  ends = new Map();
  fate = "open";
});

function start(items: readonly string[], limit: number): void {
  const doOne = (item: string) => {
    begun.push(item);
    const end = Promise.withResolvers<void>();
    ends.set(item, end);
    return end.promise;
  };
  inParallel(items, limit, doOne).then(
    () => {
      fate = "done";
    },
    (error: Error) => {
      fate = error.message;
    },
  );
}

/** Ends an item and lets all go on that waited for it alone. */
async function end(item: string, failure?: string): Promise<void> {
  if (failure === undefined) ends.get(item)?.resolve();
  else ends.get(item)?.reject(new Error(failure));
  await new Promise(setImmediate);
}

describe("inParallel", () => {
  it("does each item once, so many at once and the next when one ends", async () => {
    start(["a", "b", "c", "d"], 2);
    expect(begun).toEqual(["a", "b"]);
    await end("b");
    expect(begun).toEqual(["a", "b", "c"]);
    await end("c");
    await end("d");
    expect([begun, fate]).toEqual([["a", "b", "c", "d"], "open"]);
    await end("a");
    expect(fate).toBe("done");
  });

  it("begins no item after a failure, and tells the first once all that were begun have ended", async () => {
    start(["a", "b", "c", "d", "e"], 3);
    await end("b", "b failed");
    expect([begun, fate]).toEqual([["a", "b", "c"], "open"]);
    await end("a", "a failed");
    expect([begun, fate]).toEqual([["a", "b", "c"], "open"]);
    await end("c");
    expect([begun, fate]).toEqual([["a", "b", "c"], "b failed"]);
  });

  it("has nothing to do for no items", async () => {
    start([], 3);
    await end("none");
    expect([begun, fate]).toEqual([[], "done"]);
  });
});
