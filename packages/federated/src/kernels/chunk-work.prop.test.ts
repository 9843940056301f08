import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packRing, unpackRing } from "../encoding/packing.ts";
import { quantise } from "../encoding/quantiser.ts";
import { packedSizeBytes, RING_BITS, type RingBits, smallestRing } from "../encoding/ring.ts";
import { accumulatePacked } from "../encoding/ring-arithmetic.ts";
import { decodeChunk, encodeChunk, type Mask, sumChunks } from "./chunk-work.ts";
import { createPlainRingTile } from "./plain-ring-tile.ts";
import type { ByteStream } from "./ring-tile.ts";
import { createRingTile } from "./wasm-ring-tile.ts";

const tiles = [createPlainRingTile(16), createRingTile(16), createRingTile(64)];
const tile = tiles[1]!;

/** Bytes of a named stream from a place on; not secret, only different. */
function streamOf(seed: number, offsetBytes: number): ByteStream {
  let position = offsetBytes;
  return (target) => {
    for (let i = 0; i < target.length; i++) target[i] = Math.imul(position++ + seed, 2_654_435_761) >>> 17;
  };
}

function bytesOf(stream: ByteStream, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  stream(bytes);
  return bytes;
}

const masksAt = (offsetBytes: number): Mask[] => [
  { stream: streamOf(5, offsetBytes), sign: 1 },
  { stream: streamOf(77, offsetBytes), sign: -1 },
];

const vector = fc
  .array(fc.float({ noNaN: true, min: -3, max: 3 }), { minLength: 1, maxLength: 150 })
  .map((values) => Float32Array.from(values));
const grid = { step: 2 ** -5, valueBits: 7 };
const anyTile = fc.constantFrom(...tiles);
const ring = fc.constantFrom(...RING_BITS);

function encodedInChunks(x: Float32Array, ringBits: RingBits, cuts: readonly number[], by = tile) {
  const out = new Uint8Array(packedSizeBytes(x.length, ringBits));
  const residual = x.map((value) => value / 9);
  const squares = new Float64Array(8);
  let saturated = 0;
  for (let offset = 0, i = 0; offset < x.length; i++) {
    const end = Math.min(x.length, offset + 8 * (cuts[i] ?? 100));
    const from = packedSizeBytes(offset, ringBits);
    saturated += encodeChunk(by, {
      x: x.subarray(offset, end),
      residual: residual.subarray(offset, end),
      out: out.subarray(from, packedSizeBytes(end, ringBits)),
      rounding: streamOf(1, 2 * offset),
      masks: masksAt(from),
      ...{ grid, ringBits, offset, squares },
    });
    offset = end;
  }
  return { out, residual, squares, saturated };
}

describe("chunks of a segment", () => {
  it("encode to the same bytes, residuals and norms whatever their cuts and whatever the tile", () => {
    fc.assert(
      fc.property(vector, ring, fc.array(fc.integer({ min: 1, max: 6 })), anyTile, (x, bits, cuts, by) => {
        expect(encodedInChunks(x, bits, cuts, by)).toEqual(encodedInChunks(x, bits, []));
      }),
    );
  });

  it("are the quantised values plus their masks", () => {
    fc.assert(
      fc.property(vector, ring, anyTile, (x, ringBits, by) => {
        const out = new Uint8Array(packedSizeBytes(x.length, ringBits));
        const work = { x, grid, ringBits, out, offset: 0, rounding: streamOf(1, 0), masks: masksAt(0) };
        encodeChunk(by, work);
        const q = new Int32Array(x.length);
        quantise(x, grid, bytesOf(streamOf(1, 0), 2 * x.length), q);
        const want = packRing(q, ringBits);
        for (const { stream, sign } of masksAt(0)) accumulatePacked(want, bytesOf(stream, want.length), ringBits, sign);
        expect(out).toEqual(want);
      }),
    );
  });

  it("add to a sum that decodes to the sum of their grid values when masks are taken out", () => {
    fc.assert(
      fc.property(vector, fc.integer({ min: 1, max: 9 }), anyTile, (x, parties, by) => {
        const ringBits = smallestRing({ valueBits: grid.valueBits, parties });
        const want = new Float32Array(x.length);
        const inputs = Array.from({ length: parties }, (_, party) => {
          const out = new Uint8Array(packedSizeBytes(x.length, ringBits));
          const own = x.map((value) => value * (party / 4 - 1));
          const q = new Int32Array(x.length);
          quantise(own, grid, bytesOf(streamOf(party, 0), 2 * x.length), q);
          q.forEach((value, i) => {
            want[i]! += value * grid.step;
          });
          const masks = [{ stream: streamOf(party + 1000, 0), sign: 1 as const }];
          encodeChunk(by, { x: own, grid, ringBits, out, offset: 0, rounding: streamOf(party, 0), masks });
          return out;
        });
        const sum = new Uint8Array(packedSizeBytes(x.length, ringBits));
        sumChunks(by, { inputs, masks: [], ringBits, values: x.length, out: sum });
        const masks = inputs.map((_, party) => ({ stream: streamOf(party + 1000, 0), sign: -1 as const }));
        const decoded = new Float32Array(x.length);
        decodeChunk(by, { packed: sum, masks, ringBits, scale: grid.step, out: decoded });
        expect(decoded).toEqual(want);
      }),
    );
  });

  it("sum with masks into one of the inputs", () => {
    const sum = packRing(
      Int32Array.from({ length: 20 }, (_, i) => i),
      12,
    );
    const threes = packRing(new Int32Array(24).fill(3), 12);
    const masks = [
      { stream: (target: Uint8Array) => target.set(threes.subarray(0, target.length)), sign: -1 as const },
    ];
    sumChunks(tile, { inputs: [sum, sum], masks, ringBits: 12, values: 20, out: sum });
    expect([...unpackRing(sum, 12, new Int32Array(20))]).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i - 3));
  });
});

describe("chunk work refuses", () => {
  const x = new Float32Array(20);
  const base = { grid, ringBits: 12 as const, rounding: streamOf(1, 0), masks: [], offset: 0 };

  it.each([
    { change: { x: x.map((_, i) => (i === 17 ? Number.NaN : 0)), offset: 800 }, want: "x[817] is NaN, must be finite" },
    { change: { offset: 4 }, want: "offset is 4, must be a multiple of 8 values" },
    { change: { out: new Uint8Array(35) }, want: "out is Uint8Array of 35 bytes, must be 36 bytes for 20 values" },
    { change: { grid: { step: 1, valueBits: 13 } }, want: "valueBits is 13, must be at most 12" },
  ])("$want", ({ change, want }) => {
    for (const by of tiles)
      expect(() => encodeChunk(by, { x, out: new Uint8Array(36), ...base, ...change })).toThrow(want);
  });

  it("vectors of another length", () => {
    const work = {
      inputs: [new Uint8Array(35)],
      masks: [],
      ringBits: 12 as const,
      values: 20,
      out: new Uint8Array(36),
    };
    expect(() => sumChunks(tile, work)).toThrow("inputs[0] is Uint8Array of 35 bytes, must be 36 bytes");
    expect(() => sumChunks(tile, { ...work, inputs: [], out: new Uint8Array(37) })).toThrow("out is Uint8Array of 37");
    const decode = {
      packed: new Uint8Array(35),
      masks: [],
      ringBits: 12 as const,
      scale: 1,
      out: new Float32Array(20),
    };
    expect(() => decodeChunk(tile, decode)).toThrow("packed is Uint8Array of 35 bytes, must be 36 bytes");
  });
});
