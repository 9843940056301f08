import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packRing, unpackRing } from "../encoding/packing.ts";
import { RING_BITS } from "../encoding/ring.ts";
import { accumulatePacked } from "../encoding/ring-arithmetic.ts";
import { createRingKernels } from "./ring-kernels.ts";
import { createRingTile } from "./wasm-ring-tile.ts";

const kernels = createRingKernels(createRingTile(32));
const ring = fc.constantFrom(...RING_BITS);
const residues = fc.array(fc.integer(), { maxLength: 120 }).map((values) => Int32Array.from(values));

describe("ring kernels", () => {
  it("pack and unpack as the plain functions do", () => {
    fc.assert(
      fc.property(ring, residues, (bits, values) => {
        const packed = packRing(values, bits);
        expect(kernels.pack(values, bits)).toEqual(packed);
        const out = new Int32Array(values.length);
        expect(kernels.unpack(packed, bits, out)).toEqual(unpackRing(packed, bits, new Int32Array(values.length)));
      }),
    );
  });

  it("add and subtract as the plain function does", () => {
    fc.assert(
      fc.property(ring, residues, fc.constantFrom(1 as const, -1 as const), fc.integer(), (bits, left, sign, seed) => {
        const right = left.map((value, i) => Math.imul(value + i, seed));
        const [sum, want] = [packRing(left, bits), packRing(left, bits)];
        accumulatePacked(want, packRing(right, bits), bits, sign);
        expect(kernels.accumulate(sum, packRing(right, bits), bits, sign)).toEqual(want);
      }),
    );
  });

  it.each([
    { given: () => kernels.pack(new Int32Array(9), 12, new Uint8Array(23)), want: "out is Uint8Array of 23 bytes" },
    {
      given: () => kernels.unpack(new Uint8Array(25), 12, new Int32Array(9)),
      want: "packed is Uint8Array of 25 bytes",
    },
    {
      given: () => kernels.accumulate(new Uint8Array(13), new Uint8Array(13), 12),
      want: "sum is Uint8Array of 13 bytes",
    },
    {
      given: () => kernels.accumulate(new Uint8Array(12), new Uint8Array(24), 12),
      want: "addend is Uint8Array of 24 bytes",
    },
  ])("refuse: $want", ({ given, want }) => {
    expect(given).toThrow(want);
  });
});
