import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gridSensitivity } from "../accounting/skellam.ts";
import type { RandomBytes } from "./bernoulli.ts";
import { roundConditionally } from "./conditional-rounding.ts";
import { ROTATION_BLOCK, rotateBlock, rotationBlocks, unrotateBlock } from "./random-rotation.ts";
import { pseudoRandomBytes } from "./testing/pseudo-random.ts";

function normOf(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0));
}

describe("random rotation", () => {
  it("comes back to where it started, keeps the norm and is linear", () => {
    const aBlock = fc.integer({ min: 0, max: 7 }).chain((power) =>
      fc.record({
        left: fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 2 ** power, maxLength: 2 ** power }),
        right: fc.array(fc.double({ min: -10, max: 10, noNaN: true }), {
          minLength: 2 ** power,
          maxLength: 2 ** power,
        }),
        signs: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      }),
    );
    fc.assert(
      fc.property(aBlock, ({ left, right, signs }) => {
        const [one, other, sum] = [left, right, left.map((value, i) => value + right[i]!)].map((values) => {
          const block = Float64Array.from(values);
          rotateBlock(block, signs);
          return block;
        });
        expect(normOf(one!)).toBeCloseTo(normOf(left), 10);
        for (let i = 0; i < left.length; i++) expect(one![i]! + other![i]!).toBeCloseTo(sum![i]!, 10);
        unrotateBlock(one!, signs);
        for (let i = 0; i < left.length; i++) expect(one![i]).toBeCloseTo(left[i]!, 10);
      }),
    );
  });

  it("spreads a single spike over the block", () => {
    const block = new Float64Array(1024);
    block[77] = 1;
    rotateBlock(block, pseudoRandomBytes("signs")(128));
    expect(Math.max(...block.map(Math.abs))).toBeCloseTo(1 / 32, 12);
  });

  it("cuts a vector into blocks of 2^14 and a last power of two", () => {
    expect(rotationBlocks(1)).toEqual([1]);
    expect(rotationBlocks(5)).toEqual([8]);
    expect(rotationBlocks(ROTATION_BLOCK)).toEqual([ROTATION_BLOCK]);
    expect(rotationBlocks(2 * ROTATION_BLOCK + 1000)).toEqual([ROTATION_BLOCK, ROTATION_BLOCK, 1024]);
  });
});

describe("conditional rounding", () => {
  const dimension = 300;
  const values = Float64Array.from({ length: dimension }, (_, i) => Math.sin(i + 1));

  it.each([
    { clipNorm: 1, step: 1 / 64 },
    { clipNorm: 1, step: 1 / 2 },
    { clipNorm: 100, step: 1 / 16 },
  ])("stays within the norms it is accounted with: %j", ({ clipNorm, step }) => {
    const { l1, l2 } = gridSensitivity({ clipNormSteps: clipNorm / step, dimension });
    const random = pseudoRandomBytes(`round ${clipNorm} ${step}`);
    for (let i = 0; i < 50; i++) {
      const rounded = roundConditionally({ values, step, clipNorm }, random);
      expect(normOf(rounded)).toBeLessThanOrEqual(l2);
      expect(rounded.reduce((sum, value) => sum + Math.abs(value), 0)).toBeLessThanOrEqual(l1);
    }
  });

  it("has no bias and moves no value by more than one step", () => {
    const random = pseudoRandomBytes("bias");
    const [step, count] = [1 / 8, 4000];
    const sums = new Float64Array(dimension);
    let farthest = 0;
    for (let i = 0; i < count; i++) {
      const rounded = roundConditionally({ values, step, clipNorm: 100 }, random);
      rounded.forEach((value, k) => {
        farthest = Math.max(farthest, Math.abs(value - values[k]! / step));
        sums[k] = sums[k]! + value;
      });
    }
    expect(farthest).toBeLessThanOrEqual(1);
    const worst = Math.max(...sums.map((sum, k) => Math.abs(sum / count - values[k]! / step)));
    expect(worst).toBeLessThan(5.5 * Math.sqrt(0.25 / count));
  });

  it("draws again while the norm is too long", () => {
    let asked = 0;
    const upTwice: RandomBytes = (count) => {
      asked++;
      return new Uint8Array(count).fill(asked <= 2 ? 255 : 0);
    };
    const ones = Float64Array.from({ length: 100 }, () => 0.5);
    const rounded = roundConditionally({ values: ones, step: 1, clipNorm: 5 }, upTwice);
    expect(asked).toBe(3);
    expect(normOf(rounded)).toBe(0);
  });

  it.each([
    [{ step: 0 }, /step is 0/],
    [{ clipNorm: Number.NaN }, /clipNorm is NaN/],
    [{ values: Float64Array.of(1, Number.NaN) }, /values\[1\] is NaN, must be finite/],
    [{ values: Float64Array.of(1e300, 1e300) }, /norm of values is Infinity/],
    [{ values: new Float64Array(0) }, /dimension is 0/],
    [{ clipNorm: 1e9, step: 1 }, /clipNorm \/ step is 1000000000, must be so that/],
    [{ retryChance: 0 }, /retryChance is 0/],
  ])("refuses %j", (given, message) => {
    expect(() => roundConditionally({ values, step: 1, clipNorm: 1, ...given }, pseudoRandomBytes("bad"))).toThrow(
      message,
    );
  });

  it("gives up on a stream that is not random", () => {
    const stuck: RandomBytes = (count) => new Uint8Array(count).fill(255);
    const ones = Float64Array.from({ length: 100 }, () => 0.5);
    expect(() => roundConditionally({ values: ones, step: 1, clipNorm: 5 }, stuck)).toThrow(/failed 400 trials/);
  });

  it.each([
    [() => rotateBlock(new Float64Array(3), new Uint8Array(1)), /block\.length is 3, must be a power of two/],
    [() => unrotateBlock(new Float64Array(0), new Uint8Array(1)), /block\.length is 0/],
    [() => rotateBlock(new Float64Array(16), new Uint8Array(1)), /signs\.length is 1, must be >= 2/],
    [() => rotationBlocks(0), /length is 0/],
  ])("rotation refuses what is out of range (%#)", (call, message) => {
    expect(call).toThrow(message);
  });
});
