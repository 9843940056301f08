import { describe, expect, it } from "vitest";
import { createPlainRingTile } from "./plain-ring-tile.ts";
import type { RingTile } from "./ring-tile.ts";
import { createRingTile } from "./wasm-ring-tile.ts";

const grid = { step: 1, valueBits: 8 };

describe.each([
  { name: "plain", create: createPlainRingTile },
  { name: "SIMD", create: createRingTile },
])("the $name tile refuses", ({ create }) => {
  const tile = create(64);
  const shaped = (act: (tile: RingTile) => void) => () => {
    tile.reset({ values: 9, ringBits: 12 });
    act(tile);
  };
  const x = (...values: number[]) => Float32Array.from({ length: 9 }, (_, i) => values[i] ?? 0);
  const rounding = new Uint8Array(18);

  it.each([
    { act: () => create(12), want: "capacity is 12, must be a multiple of 8" },
    { act: () => create(0), want: "capacity is 0, must be an integer from 8" },
    { act: () => tile.reset({ values: 65, ringBits: 12 }), want: "values is 65, must be an integer from 1 to 64" },
    { act: () => tile.reset({ values: 0, ringBits: 12 }), want: "values is 0" },
    { act: () => tile.reset({ values: 8, ringBits: 11 as 12 }), want: "ringBits is 11, must be one of 8, 10" },
    { act: shaped((it) => it.quantise(x(0, Number.NaN), grid, rounding)), want: "x[1] is NaN, must be finite" },
    { act: shaped((it) => it.quantise(x(0, 0, Number.POSITIVE_INFINITY), grid, rounding)), want: "x[2] is Infinity" },
    {
      act: shaped((it) => it.quantise(x(), grid, rounding, { residual: x(0, 0, 0, Number.NaN) })),
      want: "x[3] is NaN, must be finite",
    },
    {
      act: shaped((it) => it.quantise(new Float32Array(8), grid, rounding)),
      want: "x is Float32Array of 32 bytes, must be 9 values",
    },
    {
      act: shaped((it) => it.quantise(x(), grid, new Uint8Array(9))),
      want: "rounding is Uint8Array of 9 bytes, must be 18 bytes",
    },
    { act: shaped((it) => it.quantise(x(), { step: 0, valueBits: 8 }, rounding)), want: "step is 0" },
    {
      act: shaped((it) => it.quantise(x(), { step: 1, valueBits: 13 }, rounding)),
      want: "valueBits is 13, must be at most 12",
    },
    {
      act: shaped((it) => it.quantise(x(), grid, rounding, { residual: new Float32Array(8) })),
      want: "residual is Float32Array of 32 bytes, must be 9 values",
    },
    {
      act: shaped((it) => it.quantise(x(), grid, rounding, { squares: new Float64Array(7) })),
      want: "squares is Float64Array",
    },
    {
      act: shaped((it) => it.setValues(new Int32Array(10))),
      want: "values is Int32Array of 40 bytes, must be 9 values",
    },
    {
      act: shaped((it) => it.accumulate([new Uint8Array(24), new Uint8Array(12)])),
      want: "packed[1] is Uint8Array of 12 bytes, must be 24 bytes",
    },
    {
      act: shaped((it) => it.writePacked(new Uint8Array(25))),
      want: "out is Uint8Array of 25 bytes, must be 24 bytes",
    },
    { act: shaped((it) => it.writeValues(new Int32Array(8))), want: "out is Int32Array of 32 bytes, must be 9 values" },
    { act: shaped((it) => it.writeScaled(new Float32Array(9), 0)), want: "scale is 0, must be > 0 and finite" },
    {
      act: shaped((it) => it.writeScaled(new Float32Array(8), 1)),
      want: "out is Float32Array of 32 bytes, must be 9 values",
    },
  ])("$want", ({ act, want }) => {
    expect(act).toThrow(want);
  });

  it("a value without touching residual and squares", () => {
    const residual = x(1, 2, 3);
    const squares = new Float64Array(8);
    tile.reset({ values: 9, ringBits: 12 });
    expect(() => tile.quantise(x(Number.NaN), grid, rounding, { residual, squares })).toThrow("x[0] is NaN");
    expect({ residual, squares }).toEqual({ residual: x(1, 2, 3), squares: new Float64Array(8) });
  });
});
