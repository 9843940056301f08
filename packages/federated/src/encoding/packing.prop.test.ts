import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packRing, unpackRing } from "./packing.ts";
import { packedSizeBytes, RING_BITS, type RingBits, toSigned } from "./ring.ts";
import { accumulatePacked, accumulateRing } from "./ring-arithmetic.ts";

const ringBits = fc.constantFrom(...RING_BITS);
const residues = (length: { minLength?: number; maxLength: number }) =>
  fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), length).map((values) => Int32Array.from(values));
const inRing = (values: Int32Array, bits: RingBits) => values.map((value) => toSigned(value, bits));
const unpacked = (packed: Uint8Array, bits: RingBits, values: number) =>
  unpackRing(packed, bits, new Int32Array(values));

/** The definition: bit k of value i is bit i·b + k of the stream. */
function packedBitByBit(values: Int32Array, bits: RingBits): Uint8Array {
  const packed = new Uint8Array(packedSizeBytes(values.length, bits));
  for (let i = 0; i < values.length; i++) {
    for (let k = 0; k < bits; k++) {
      const position = i * bits + k;
      if ((values[i]! >> k) & 1) packed[position >> 3]! |= 1 << (position & 7);
    }
  }
  return packed;
}

describe("packed ring vectors", () => {
  it("are the bit stream that their definition says", () => {
    fc.assert(
      fc.property(ringBits, residues({ maxLength: 40 }), (bits, values) => {
        expect(packRing(values, bits)).toEqual(packedBitByBit(values, bits));
      }),
    );
  });

  it("unpack to the values that were packed, as signed residues", () => {
    fc.assert(
      fc.property(ringBits, residues({ maxLength: 70 }), (bits, values) => {
        expect(unpacked(packRing(values, bits), bits, values.length)).toEqual(inRing(values, bits));
      }),
    );
  });

  it("are the same bytes whatever chunks they are packed in", () => {
    fc.assert(
      fc.property(
        ringBits,
        residues({ minLength: 1, maxLength: 120 }),
        fc.array(fc.integer({ min: 1, max: 5 })),
        (bits, values, groups) => {
          const chunks: number[] = [];
          let offset = 0;
          for (const count of [...groups, 100]) {
            const end = Math.min(values.length, offset + 8 * count);
            chunks.push(...packRing(values.subarray(offset, end), bits));
            offset = end;
          }
          expect(Uint8Array.from(chunks)).toEqual(packRing(values, bits));
        },
      ),
    );
  });

  it("add and subtract element by element without carries between elements", () => {
    fc.assert(
      fc.property(
        ringBits,
        residues({ minLength: 1, maxLength: 60 }),
        fc.integer(),
        fc.constantFrom(1 as const, -1 as const),
        (bits, left, seed, sign) => {
          const right = left.map((value, i) => Math.imul(value + i, seed | 1));
          const sum = accumulatePacked(packRing(left, bits), packRing(right, bits), bits, sign);
          const want = inRing(accumulateRing(left.slice(), right, sign), bits);
          expect(unpacked(sum, bits, left.length)).toEqual(want);
        },
      ),
    );
  });

  it("longer than a tile add as short ones do", () => {
    const values = Int32Array.from({ length: 20_001 }, (_, i) => Math.imul(i, 2_654_435_761));
    const sum = accumulatePacked(packRing(values, 20), packRing(values, 20), 20);
    expect(unpacked(sum, 20, values.length)).toEqual(
      inRing(
        values.map((value) => 2 * value),
        20,
      ),
    );
  });
});

describe("packing refuses", () => {
  it.each([
    {
      given: () => packRing(new Int32Array(9), 12, new Uint8Array(23)),
      want: "out is Uint8Array of 23 bytes, must be 24 bytes for 9 values",
    },
    {
      given: () => unpackRing(new Uint8Array(25), 12, new Int32Array(9)),
      want: "packed is Uint8Array of 25 bytes, must be 24 bytes for 9 values",
    },
    {
      given: () => accumulatePacked(new Uint8Array(13), new Uint8Array(13), 12),
      want: "sum is Uint8Array of 13 bytes, must be a multiple of 12 bytes (groups of eight values)",
    },
    {
      given: () => accumulatePacked(new Uint8Array(12), new Uint8Array(24), 12),
      want: "addend is Uint8Array of 24 bytes, must be 12 bytes like the sum",
    },
    {
      given: () => accumulateRing(new Int32Array(2), new Int32Array(3)),
      want: "addend is Int32Array of 12 bytes, must be 2 values like the sum",
    },
  ])("$want", ({ given, want }) => {
    expect(given).toThrow(want);
  });
});
