import {
  derivePairKey,
  deriveSelfKey,
  Keystream,
  type MaskKey,
  maskChunk,
  packRing,
  RING_BITS,
  type RingBits,
  toHex,
  unpackRing,
} from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createNodeCryptoSuite } from "../node-crypto-suite.ts";

const crypto = createNodeCryptoSuite();
const VALUES = 65_536;
const BINS = 256;
/** Mean and six standard deviations of chi-square with 255 degrees of freedom: the inputs are fixed, so this never flickers. */
const CHI_SQUARE_LIMIT = 255 + 6 * Math.sqrt(2 * 255);

describe.each(RING_BITS.map((ringBits) => ({ ringBits })))("a masked vector of $ringBits bits", ({ ringBits }) => {
  const plain = Int32Array.from({ length: VALUES }, (_, place) => (place % 2 === 0 ? 1 : -(place % 50)));
  const masked = maskedWith(plain, ringBits, ["self", "pair one", "pair two"]);

  it("is uniform in its high and in its low bits", () => {
    expect(chiSquare(masked, (value) => residue(value, ringBits) / 2 ** (ringBits - 8))).toBeLessThan(CHI_SQUARE_LIMIT);
    expect(chiSquare(masked, (value) => value & 0xff)).toBeLessThan(CHI_SQUARE_LIMIT);
  });

  it("does not follow its plaintext", () => {
    expect(Math.abs(correlation(plain, masked)) * Math.sqrt(VALUES)).toBeLessThan(4);
  });

  it("has nothing in common with the same plaintext in another round", () => {
    const again = maskedWith(plain, ringBits, ["self again", "pair one again", "pair two again"]);
    const difference = masked.map((value, place) => value - again[place]!);
    expect(chiSquare(difference, (value) => residue(value, ringBits) / 2 ** (ringBits - 8))).toBeLessThan(
      CHI_SQUARE_LIMIT,
    );
    expect(Math.abs(correlation(again, masked)) * Math.sqrt(VALUES)).toBeLessThan(4);
  });
});

it("the chi-square test fails a vector that is not masked", () => {
  const plain = Int32Array.from({ length: VALUES }, (_, place) => place % 100);
  expect(chiSquare(plain, (value) => value & 0xff)).toBeGreaterThan(CHI_SQUARE_LIMIT);
});

describe.each(Object.entries(Keystream))("2^16 keys of %s give distinct masks", (_, keystream) => {
  it.each([0, 14, 30])("that differ in bytes %d and the next alone: no key is folded to fewer bits", (place) => {
    const key = new Uint8Array(32).fill(0xa5);
    const masks = Array.from({ length: 65_536 }, (_unused, number) => {
      key.set([number >> 8, number & 0xff], place);
      return toHex(
        maskChunk(crypto, { bytes: new Uint8Array(8), offsetBytes: 0, ringBits: 8 }, [{ keystream, key, sign: 1 }]),
      );
    });
    expect(new Set(masks).size).toBe(65_536);
  });
});

it("2^16 shared secrets and self seeds that differ in two bytes alone give distinct keys", () => {
  const plan = crypto.sha256(new Uint8Array(1));
  const secret = new Uint8Array(32).fill(0xa5);
  const keys = Array.from({ length: 65_536 }, (_, number) => {
    secret.set([number >> 8, number & 0xff], 0);
    return [derivePairKey(crypto, plan, secret, 0, [1, 2]), deriveSelfKey(crypto, plan, secret, 0, 1)].map(toHex);
  });
  expect(new Set(keys.flat()).size).toBe(2 * 65_536);
});

function maskedWith(plain: Int32Array, ringBits: RingBits, names: readonly string[]): Int32Array {
  const bytes = packRing(plain, ringBits);
  const keys = names.map((name, index): MaskKey => {
    const key = crypto.sha256(new TextEncoder().encode(name));
    return { keystream: Keystream.Aes256Ctr, key, sign: index === 2 ? -1 : 1 };
  });
  maskChunk(crypto, { bytes, offsetBytes: 0, ringBits }, keys);
  return unpackRing(bytes, ringBits, new Int32Array(plain.length));
}

function residue(value: number, ringBits: number): number {
  return ((value % 2 ** ringBits) + 2 ** ringBits) % 2 ** ringBits;
}

function chiSquare(values: Int32Array, binOf: (value: number) => number): number {
  const counts = new Float64Array(BINS);
  for (const value of values) counts[Math.floor(binOf(value))]!++;
  const expected = values.length / BINS;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function correlation(a: Int32Array, b: Int32Array): number {
  const mean = (values: Int32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [cross, squareA, squareB] = [0, 0, 0];
  for (let place = 0; place < a.length; place++) {
    const [x, y] = [a[place]! - meanA, b[place]! - meanB];
    cross += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return cross / Math.sqrt(squareA * squareB);
}
