import { describe, expect, it } from "vitest";
import { HeldIntegers } from "./held-integers.ts";
import { digestSink } from "./segment-sink.ts";

const [PLAN, NEXT] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

async function fill(held: HeldIntegers, plan: Uint8Array, segment: number, pieces: readonly Uint8Array[]) {
  const sink = held.hold(plan, segment, digestSink());
  for (const piece of pieces) await sink.write(piece);
  return sink.finish();
}

describe("integers that are held", () => {
  it("are what was written, whatever becomes of the writer's memory, and are handed over once", async () => {
    const held = new HeldIntegers();
    const pieces = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)];
    const { sizeBytes } = await fill(held, PLAN, 0, pieces);
    for (const piece of pieces) piece.fill(0);
    expect(sizeBytes).toBe(5);
    expect(held.take(PLAN, 0)).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)]);
    expect(held.take(PLAN, 0)).toBeUndefined();
  });

  it("are those of the newest plan alone", async () => {
    const held = new HeldIntegers();
    await fill(held, PLAN, 0, [Uint8Array.of(1)]);
    expect(held.take(NEXT, 0)).toBeUndefined();
    await fill(held, NEXT, 1, [Uint8Array.of(2)]);
    expect(held.take(PLAN, 0)).toBeUndefined();
    expect(held.take(NEXT, 0)).toBeUndefined();
    expect(held.take(NEXT, 1)).toEqual([Uint8Array.of(2)]);
  });

  it("are not half of a segment", async () => {
    const held = new HeldIntegers();
    const sink = held.hold(PLAN, 0, digestSink());
    await sink.write(Uint8Array.of(1));
    expect(held.take(PLAN, 0)).toBeUndefined();
    await sink.write(Uint8Array.of(2));
    sink.finish();
    expect(held.take(PLAN, 0)).toBeUndefined();
  });

  it("are none of a segment for which there is no room, and its room is free for the next one", async () => {
    const held = new HeldIntegers(4);
    await fill(held, PLAN, 0, [Uint8Array.of(1, 2)]);
    await fill(held, PLAN, 1, [Uint8Array.of(3, 4), Uint8Array.of(5)]);
    await fill(held, PLAN, 2, [Uint8Array.of(6, 7)]);
    expect([0, 1, 2].map((segment) => held.take(PLAN, segment)?.length)).toEqual([1, undefined, 1]);
    await fill(held, PLAN, 3, [Uint8Array.of(1, 2, 3, 4)]);
    expect(held.take(PLAN, 3)).toHaveLength(1);
  });

  it("are those of the second time when a report is made twice", async () => {
    const held = new HeldIntegers(2);
    await fill(held, PLAN, 0, [Uint8Array.of(1, 2)]);
    await fill(held, PLAN, 0, [Uint8Array.of(3, 4)]);
    expect(held.take(PLAN, 0)).toEqual([Uint8Array.of(3, 4)]);
  });
});
