import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dequantise, quantise } from "./quantiser.ts";

const grid = { step: 0.25, valueBits: 8 };
const draws = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);

function quantised(x: number[], rounding: Uint8Array, given = grid) {
  const q = new Int32Array(x.length);
  return { saturated: quantise(Float32Array.from(x), given, rounding, q), q: [...q] };
}

describe("quantise", () => {
  it.each([
    {
      given: "grid points whatever is drawn",
      x: [0, 0.25, -0.5, 31.75],
      draws: [0, 65_535, 0, 65_535],
      want: [0, 1, -2, 127],
    },
    { given: "a half with the lowest draw", x: [0.125], draws: [0], want: [1] },
    { given: "a half with the highest draw", x: [0.125], draws: [65_535], want: [0] },
    { given: "a negative half, up and down", x: [-0.125, -0.125], draws: [0, 65_535], want: [0, -1] },
    { given: "the draws at either side of a quarter", x: [0.0625, 0.0625], draws: [16_383, 16_384], want: [1, 0] },
    { given: "a tiny negative value, rounded up", x: [-1e-30], draws: [65_535], want: [0] },
  ])("rounds $given", ({ x, draws: drawn, want }) => {
    expect(quantised(x, draws(...drawn))).toEqual({ saturated: 0, q: want });
  });

  it("gives what the protocol page says of its example", () => {
    const page = readFileSync(new URL("../../../../docs/reference/xsa1.md", import.meta.url), "utf8");
    const example = /Example, e = (\S+), v = (\d+): x = ([^w]+) with r = ([\d, ]+) give q = ([-\d, ]+)\./u.exec(page)!;
    const [e, v, x, r, q] = example.slice(1).map((list) => list.split(",").map(Number));
    const given = { step: 2 ** e![0]!, valueBits: v![0]! };
    expect(quantised(x!, draws(...r!), given).q).toEqual(q);
  });

  it("clamps after rounding and counts what it clamped", () => {
    const given = quantised([31.9, 31.9, -31.9, 1e38, -1e38], draws(0, 65_535, 65_535, 0, 0));
    expect(given).toEqual({ saturated: 4, q: [127, 127, -127, 127, -127] });
  });

  it("clamps a value that overflows float32 when divided by the step", () => {
    const given = quantised([3e38, -3e38], draws(0, 0), { step: 2 ** -96, valueBits: 24 });
    expect(given).toEqual({ saturated: 2, q: [2 ** 23 - 1, -(2 ** 23 - 1)] });
  });

  it("is right on average over all draws", () => {
    const x = new Float32Array(65_536).fill(0.3 * 0.25);
    const q = new Int32Array(65_536);
    quantise(x, grid, draws(...x.keys()), q);
    expect(q.reduce((sum, value) => sum + value, 0) / 65_536).toBeCloseTo(0.3, 4);
  });

  it.each([
    { x: [1, Number.NaN], want: "x[1] is NaN, must be finite" },
    { x: [Number.NEGATIVE_INFINITY, 1], want: "x[0] is -Infinity, must be finite" },
  ])("refuses: $want", ({ x, want }) => {
    expect(() => quantised(x, draws(0, 0))).toThrow(want);
  });

  it.each([
    { step: 0, valueBits: 8, want: "step is 0, must be a power of two from 2^-96 to 2^96" },
    { step: 2 ** 120, valueBits: 8, want: "step is 1.329227995784916e+36" },
    { step: 0.3, valueBits: 8, want: "step is 0.3" },
    { step: 1, valueBits: 1, want: "valueBits is 1, must be an integer from 2 to 24" },
    { step: 1, valueBits: 32, want: "valueBits is 32" },
  ])("refuses a grid: $want", ({ want, ...given }) => {
    expect(() => quantised([1], draws(0), given)).toThrow(want);
  });

  it("refuses buffers of another length", () => {
    expect(() => quantised([1], draws(0, 0))).toThrow("rounding is Uint8Array of 4 bytes, must be 2 bytes");
    expect(() => quantise(new Float32Array(2), grid, draws(0, 0), new Int32Array(1))).toThrow(
      "out is Int32Array of 4 bytes, must be 2 values like x",
    );
  });
});

describe("dequantise", () => {
  it("gives sums and means back", () => {
    const q = Int32Array.of(-3, 0, 6);
    expect([...dequantise(q, 0.25, new Float32Array(3))]).toEqual([-0.75, 0, 1.5]);
    expect([...dequantise(q, 0.25 / 3, new Float32Array(3))]).toEqual([-0.25, 0, 0.5]);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses the scale %d", (scale) => {
    expect(() => dequantise(new Int32Array(1), scale, new Float32Array(1))).toThrow(`scale is ${scale}, must be > 0`);
  });

  it("refuses an output of another length", () => {
    expect(() => dequantise(new Int32Array(1), 1, new Float32Array(2))).toThrow("out is Float32Array of 8 bytes");
  });
});
