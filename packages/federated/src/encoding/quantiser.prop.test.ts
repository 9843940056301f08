import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packRing } from "./packing.ts";
import { quantise } from "./quantiser.ts";
import { largestValue, RING_BITS } from "./ring.ts";
import { addSquares, squaredNormOf } from "./squared-norm.ts";

const vector = fc
  .array(fc.tuple(fc.float({ noNaN: true, min: -200, max: 200 }), fc.integer({ min: 0, max: 65_535 })), {
    maxLength: 100,
  })
  .map((pairs) => ({
    x: Float32Array.from(pairs, ([value]) => value),
    rounding: new Uint8Array(Uint16Array.from(pairs, ([, draw]) => draw).buffer),
  }));
const grid = fc.record({
  step: fc.integer({ min: -12, max: 4 }).map((power) => 2 ** power),
  valueBits: fc.integer({ min: 2, max: 24 }),
});

describe("quantised values", () => {
  it("stay in range and within one step of what is not clamped", () => {
    fc.assert(
      fc.property(vector, grid, ({ x, rounding }, given) => {
        const q = new Int32Array(x.length);
        const saturated = quantise(x, given, rounding, q);
        const limit = largestValue(given.valueBits);
        let far = 0;
        q.forEach((value, i) => {
          expect(Math.abs(value)).toBeLessThanOrEqual(limit);
          if (Math.abs(value - x[i]! / given.step) > 1) far++;
        });
        expect(far).toBeLessThanOrEqual(saturated);
      }),
    );
  });

  it("are the same bytes and the same norm whatever chunks they are made in", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(vector, grid, fc.constantFrom(...RING_BITS), cuts, ({ x, rounding }, given, bits, groups) => {
        const whole = new Int32Array(x.length);
        const wantSaturated = quantise(x, given, rounding, whole);
        const bytes: number[] = [];
        const lanes = new Float64Array(8);
        let saturated = 0;
        let offset = 0;
        for (const count of [...groups, 100]) {
          const end = Math.min(x.length, offset + 8 * count);
          const q = new Int32Array(end - offset);
          saturated += quantise(x.subarray(offset, end), given, rounding.subarray(2 * offset, 2 * end), q);
          addSquares(x.subarray(offset, end), lanes);
          bytes.push(...packRing(q, bits));
          offset = end;
        }
        expect(Uint8Array.from(bytes)).toEqual(packRing(whole, bits));
        expect(saturated).toBe(wantSaturated);
        expect(squaredNormOf(lanes)).toBe(squaredNormOf(addSquares(x, new Float64Array(8))));
      }),
    );
  });

  it("takes eight lanes for squares and no other number", () => {
    expect(() => addSquares(new Float32Array(1), new Float64Array(7))).toThrow(
      "lanes is Float64Array of 56 bytes, must be 8 values",
    );
  });
});
