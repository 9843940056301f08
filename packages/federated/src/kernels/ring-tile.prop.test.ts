import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packedSizeBytes, RING_BITS } from "../encoding/ring.ts";
import { createPlainRingTile } from "./plain-ring-tile.ts";
import type { RingTile } from "./ring-tile.ts";
import { createRingTile } from "./wasm-ring-tile.ts";

const capacity = 256;
const tiles = { plain: createPlainRingTile(capacity), simd: createRingTile(capacity) };

const seededBytes = (sizeBytes: number, seed: number) =>
  Uint8Array.from({ length: sizeBytes }, (_, i) => Math.imul(i + 1, Math.imul(seed, 2_654_435_761) | 1) >>> 13);

const shape = fc.record({ values: fc.integer({ min: 1, max: capacity }), ringBits: fc.constantFrom(...RING_BITS) });
const floats = fc.float({ noNaN: true, min: -(2 ** 126), max: 2 ** 126 });
/** Vectors added together; more than the kernels take at once. */
const addends = fc.array(
  fc.record({
    seeds: fc.array(fc.integer(), { maxLength: 11 }),
    sign: fc.constantFrom(1 as const, -1 as const),
    isStream: fc.boolean(),
  }),
  { maxLength: 3 },
);
type Addend = typeof addends extends fc.Arbitrary<(infer T)[]> ? T : never;

function addTo(tile: RingTile, { seeds, sign, isStream }: Addend, sizeBytes: number): void {
  const packed = seeds.map((seed) => seededBytes(sizeBytes, seed));
  if (!isStream) tile.accumulate(packed, sign);
  else
    tile.accumulateStreams(
      packed.map((bytes) => (target) => target.set(bytes)),
      sign,
    );
}

/** Everything that can be read from a tile. */
function readings(tile: (typeof tiles)["plain"], values: number, ringBits: (typeof RING_BITS)[number]) {
  const packed = new Uint8Array(packedSizeBytes(values, ringBits));
  const signed = new Int32Array(values);
  const scaled = new Float32Array(values);
  tile.writePacked(packed);
  tile.writeValues(signed);
  tile.writeScaled(scaled, 2 ** -20 / 3);
  return { packed, signed, scaled };
}

describe("the SIMD tile gives the plain tile's bits", () => {
  it("after quantising, with error feedback and squares, and adding masks", () => {
    const powers = fc.integer({ min: -96, max: 96 });
    fc.assert(
      fc.property(
        shape,
        fc.array(floats, { minLength: 1, maxLength: 40 }),
        fc.tuple(powers, fc.integer({ min: 2, max: 24 })),
        addends,
        fc.integer(),
        ({ values, ringBits }, pool, [power, bits], masks, seed) => {
          const x = Float32Array.from({ length: values }, (_, i) => pool[(i * 7) % pool.length]!);
          const grid = { step: 2 ** power, valueBits: Math.min(bits, ringBits) };
          const rounding = seededBytes(2 * values, seed);
          const [plain, simd] = [tiles.plain, tiles.simd].map((tile) => {
            const residual = x.map((value) => value / 3).reverse();
            const squares = new Float64Array(8).fill(0.1);
            tile.reset({ values, ringBits });
            const saturated = tile.quantise(x, grid, rounding, { residual, squares });
            const size = packedSizeBytes(values, ringBits);
            for (const mask of masks) addTo(tile, mask, size);
            return { saturated, residual, squares, ...readings(tile, values, ringBits) };
          });
          expect(simd).toEqual(plain);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("after setting any integers and adding packed vectors", () => {
    const integers = fc.array(fc.integer(), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(shape, integers, addends, ({ values, ringBits }, pool, vectors) => {
        const given = Int32Array.from({ length: values }, (_, i) => pool[i % pool.length]!);
        const [plain, simd] = [tiles.plain, tiles.simd].map((tile) => {
          tile.reset({ values, ringBits });
          tile.setValues(given);
          const size = packedSizeBytes(values, ringBits);
          for (const vector of vectors) addTo(tile, vector, size);
          return readings(tile, values, ringBits);
        });
        expect(simd).toEqual(plain);
      }),
      { numRuns: 400 },
    );
  });

  it("at the limits of the grid and with draws at both ends", () => {
    const edges = [0, -0, 0.5, -0.5, 127, 127.4, 127.6, -127.6, 128, 3e38, -3e38, 1e-45, -1e-45, 2 ** 23, 2 ** 31];
    for (const ringBits of RING_BITS) {
      for (const draw of [0, 127, 128, 255]) {
        const [plain, simd] = [tiles.plain, tiles.simd].map((tile) => {
          tile.reset({ values: edges.length, ringBits });
          const rounding = new Uint8Array(2 * edges.length).fill(draw);
          const saturated = tile.quantise(Float32Array.from(edges), { step: 1, valueBits: 8 }, rounding);
          return { saturated, ...readings(tile, edges.length, ringBits) };
        });
        expect(simd).toEqual(plain);
      }
    }
  });

  it("starts from zero after a larger tile", () => {
    for (const tile of Object.values(tiles)) {
      tile.reset({ values: capacity, ringBits: 12 });
      tile.accumulate([new Uint8Array(packedSizeBytes(capacity, 12)).fill(255)]);
      tile.reset({ values: 3, ringBits: 12 });
      expect([...readings(tile, 3, 12).packed]).toEqual(Array(12).fill(0));
    }
  });
});
