import { describe, expect, it } from "vitest";
import {
  bitsNeeded,
  carryBits,
  isRingBits,
  packedSizeBytes,
  requireRingBits,
  requireRingHolds,
  smallestRing,
  toSigned,
} from "./ring.ts";

describe("ring sizes", () => {
  it.each([
    { parties: 1, want: 0 },
    { parties: 2, want: 1 },
    { parties: 3, want: 2 },
    { parties: 4, want: 2 },
    { parties: 16, want: 4 },
    { parties: 17, want: 5 },
    { parties: 64, want: 6 },
    { parties: 65_536, want: 16 },
  ])("a sum over $parties parties carries into $want more bits", ({ parties, want }) => {
    expect(carryBits(parties)).toBe(want);
  });

  it.each([
    { valueBits: 16, parties: 16, want: 20 },
    { valueBits: 16, parties: 17, want: 24 },
    { valueBits: 16, parties: 64, want: 24 },
    { valueBits: 8, parties: 16, want: 12 },
    { valueBits: 8, parties: 64, want: 16 },
    { valueBits: 4, parties: 16, want: 8 },
    { valueBits: 4, parties: 64, want: 10 },
    { valueBits: 16, parties: 16, weightBits: 8, want: 28 },
    { valueBits: 24, parties: 256, want: 32 },
  ])("$valueBits value bits of $parties parties take b = $want", ({ want, ...load }) => {
    expect(smallestRing(load)).toBe(want);
    expect(() => requireRingHolds(want as 8, load)).not.toThrow();
  });

  it.each([
    { load: { valueBits: 24, parties: 257 }, want: "valueBits is 24, must be at most 23 for 257 parties" },
    { load: { valueBits: 1, parties: 3 }, want: "valueBits is 1, must be an integer from 2 to 24" },
    { load: { valueBits: 25, parties: 3 }, want: "valueBits is 25, must be an integer from 2 to 24" },
    { load: { valueBits: 8, parties: 0 }, want: "parties is 0, must be an integer from 1 to 16777216" },
    { load: { valueBits: 8, parties: 2.5 }, want: "parties is 2.5, must be an integer from 1 to 16777216" },
    { load: { valueBits: 8, parties: 2, weightBits: 17 }, want: "weightBits is 17, must be an integer from 0 to 16" },
  ])("refuses a load: $want", ({ load, want }) => {
    expect(() => smallestRing(load)).toThrow(want);
  });

  it("refuses a ring that the sum would wrap, naming the bits needed", () => {
    expect(() => requireRingHolds(12, { valueBits: 8, parties: 17 })).toThrow(
      "ringBits is 12, must be at least 13 for 8 value bits and 17 parties",
    );
    expect(bitsNeeded({ valueBits: 8, parties: 17 })).toBe(13);
  });

  it("knows the allowed widths and no others", () => {
    expect([7, 8, 9, 10, 12, 16, 20, 24, 28, 30, 32, 64].filter(isRingBits)).toEqual([8, 10, 12, 16, 20, 24, 28, 32]);
    expect(requireRingBits(20)).toBe(20);
    expect(() => requireRingBits(11)).toThrow("ringBits is 11, must be one of 8, 10, 12, 16, 20, 24, 28, 32");
  });

  it.each([
    { residue: 0xfff, bits: 12, want: -1 },
    { residue: 0x7ff, bits: 12, want: 2047 },
    { residue: 0x800, bits: 12, want: -2048 },
    { residue: 0x1001, bits: 12, want: 1 },
    { residue: 0xffff_ffff, bits: 32, want: -1 },
    { residue: 0x8000_0000, bits: 32, want: -(2 ** 31) },
  ] as const)("reads $residue mod 2^$bits as $want", ({ residue, bits, want }) => {
    expect(toSigned(residue, bits)).toBe(want);
  });

  it("packs whole groups of eight values", () => {
    expect([0, 1, 8, 9].map((values) => packedSizeBytes(values, 12))).toEqual([0, 12, 12, 24]);
  });
});
