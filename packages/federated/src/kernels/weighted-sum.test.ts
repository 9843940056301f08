import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWeightedSum, plainWeightedSum } from "./weighted-sum.ts";

const simdWeightedSum = createWeightedSum();

describe("weighted sum", () => {
  it("by SIMD is the plain one bit for bit", () => {
    const vector = fc.array(fc.float({ noDefaultInfinity: true, noNaN: true }), { minLength: 1, maxLength: 20 });
    const summands = fc.array(fc.tuple(vector, fc.double({ noDefaultInfinity: true, noNaN: true })), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(summands, fc.integer({ min: 0, max: 70 }), (given, length) => {
        const inputs = given.map(([pool]) => Float32Array.from({ length }, (_, i) => pool[i % pool.length]!));
        const weights = given.map(([, weight]) => weight);
        const [plain, simd] = [new Float32Array(length), new Float32Array(length)];
        plainWeightedSum(inputs, weights, plain);
        simdWeightedSum(inputs, weights, simd);
        expect(simd).toEqual(plain);
      }),
      { numRuns: 300 },
    );
  });

  it("longer than a tile, with as many summands as may be", () => {
    const inputs = Array.from({ length: 256 }, (_, i) => Float32Array.from({ length: 1001 }, (_, k) => i - k / 3));
    const weights = inputs.map((_, i) => 1 / (i + 3));
    const [plain, simd] = [new Float32Array(1001), new Float32Array(1001)];
    plainWeightedSum(inputs, weights, plain);
    simdWeightedSum(inputs, weights, simd);
    expect(simd).toEqual(plain);
  });

  it.each([
    { inputs: [], weights: [], want: "inputs.length is 0, must be an integer from 1 to 256" },
    { inputs: Array(257).fill(new Float32Array(2)), weights: [], want: "inputs.length is 257" },
    { inputs: [new Float32Array(2)], weights: [1, 2], want: "weights is a list of 2, must be 1 numbers" },
    { inputs: [new Float32Array(2)], weights: [Number.NaN], want: "weights[0] is NaN, must be finite" },
    { inputs: [new Float32Array(3)], weights: [1], want: "inputs[0] is Float32Array of 12 bytes, must be 2 values" },
  ])("refuses: $want", ({ inputs, weights, want }) => {
    for (const sum of [plainWeightedSum, simdWeightedSum]) {
      expect(() => sum(inputs, weights, new Float32Array(2))).toThrow(want);
    }
  });
});
