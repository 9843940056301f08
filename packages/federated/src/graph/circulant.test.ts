import fc from "fast-check";
import { expect, it } from "vitest";
import { circulantNeighbours, shuffledRanks } from "./circulant.ts";

it("every rank has exactly k neighbours, each of which names it back", () => {
  const sizes = fc
    .integer({ min: 3, max: 60 })
    .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 1, max: Math.floor((size - 1) / 2) })));
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat(0xffff_ffff)), ([size, half], words) => {
      const lists = circulantNeighbours(
        shuffledRanks(size, () => words.next().value),
        2 * half,
      );
      const broken = lists.findIndex(
        (list, rank) =>
          new Set(list).size !== 2 * half || list.includes(rank) || list.some((other) => !lists[other]!.includes(rank)),
      );
      expect(broken).toBe(-1);
      expect(lists).toHaveLength(size);
    }),
  );
});

it("skips words that would favour low indices", () => {
  // 2^32 is not a multiple of 3: the highest word is drawn again.
  expect(shuffledRanks(3, wordsOf(0xffff_ffff, 1, 0))).toEqual(shuffledRanks(3, wordsOf(1, 0)));
  expect(shuffledRanks(3, wordsOf(1, 0))).toEqual([2, 0, 1]);
});

it("refuses an odd degree and one that reaches everybody", () => {
  expect(() => circulantNeighbours([0, 1, 2, 3, 4], 3)).toThrow("neighbours is 3, must be even");
  expect(() => circulantNeighbours([0, 1, 2, 3], 4)).toThrow("neighbours is 4");
});

function wordsOf(...words: number[]): () => number {
  return () => words.shift()!;
}
