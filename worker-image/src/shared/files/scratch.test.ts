import { describe, expect, it } from "vitest";
import { SCRATCH_VALUES, withScratch } from "./scratch.ts";

describe("scratch buffers", () => {
  it("are different ones within a loan and the same ones in the next", async () => {
    const first = await withScratch(async (scratch) => [scratch.floats().buffer, scratch.bytes().buffer]);
    expect(first[0]).not.toBe(first[1]);
    const second = await withScratch(async (scratch) => [scratch.bytes(), scratch.floats()]);
    expect(new Set(second.map(({ buffer }) => buffer))).toEqual(new Set(first));
    expect(second.map(({ length }) => length)).toEqual([4 * SCRATCH_VALUES, SCRATCH_VALUES]);
  });

  it("are never shared by two loans at once", async () => {
    await withScratch(async (outer) => {
      const mine = outer.bytes().buffer;
      await withScratch(async (inner) => expect(inner.bytes().buffer).not.toBe(mine));
    });
  });

  it("are not lent again after a failure", async () => {
    let lost: ArrayBuffer | undefined;
    const failing = withScratch(async (scratch) => {
      lost = scratch.bytes().buffer;
      throw new Error("a read failed");
    });
    await expect(failing).rejects.toThrow("a read failed");
    await withScratch(async (scratch) => {
      for (let count = 0; count < 20; count++) expect(scratch.bytes().buffer).not.toBe(lost);
    });
  });
});
