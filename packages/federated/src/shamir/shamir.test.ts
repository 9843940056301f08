import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gf256, gf65536 } from "./field.ts";
import { coefficientsSizeBytes, fieldFor, interpolateShares, shareOf, splitSecret } from "./shamir.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe("the fields", () => {
  it("multiply as FIPS 197 §4.2 does: {57} • {83} = {c1}, {57} • {13} = {fe}", () => {
    expect(gf256.multiply(0x57, 0x83)).toBe(0xc1);
    expect(gf256.multiply(0x57, 0x13)).toBe(0xfe);
  });

  it.each([
    { name: "GF(2^8)", field: gf256, bits: 8 },
    { name: "GF(2^16)", field: gf65536, bits: 16 },
  ])("$name has inverses, distributes, and multiplies vectors like elements", ({ field, bits }) => {
    const element = fc.nat(2 ** bits - 1);
    fc.assert(
      fc.property(element, element, element, (a, b, c) => {
        expect(field.multiply(a, b ^ c)).toBe(field.multiply(a, b) ^ field.multiply(a, c));
        expect(field.multiply(a, field.multiply(b, c))).toBe(field.multiply(field.multiply(a, b), c));
        if (a !== 0) expect(field.multiply(a, field.invert(a))).toBe(1);
        const packed = Uint32Array.of(bits === 8 ? b * 0x0101_0101 : b * 0x1_0001);
        field.multiplyVector(packed, a);
        const product = field.multiply(a, b);
        expect(packed[0]).toBe((bits === 8 ? product * 0x0101_0101 : product * 0x1_0001) >>> 0);
      }),
    );
  });
});

describe("shares", () => {
  const aSharing = fc.tuple(fc.constantFrom(1, 3, 7, 20, 255, 256, 300), fc.nat()).chain(([holders, pick]) => {
    const threshold = 1 + (pick % Math.min(holders, 12));
    const coefficients = bytes(coefficientsSizeBytes(32, threshold));
    return fc.record({
      holders: fc.constant(holders),
      threshold: fc.constant(threshold),
      secret: bytes(32),
      coefficients,
      start: fc.nat(),
    });
  });

  it("of any threshold holders give the secret back, in both fields", () => {
    fc.assert(
      fc.property(aSharing, ({ holders, threshold, secret, coefficients, start }) => {
        const shares = splitSecret(secret, coefficients, threshold, holders);
        expect(shares).toHaveLength(holders);
        const chosen = Array.from({ length: threshold }, (_, index) => ((start % holders) + index * 1) % holders);
        const points = chosen.map((rank) => ({ x: rank + 1, bytes: shares[rank]! }));
        expect(interpolateShares(points, holders)).toEqual(secret);
        expect(shareOf(secret, coefficients, threshold, holders, chosen[0]! + 1)).toEqual(shares[chosen[0]!]);
        expect(interpolateShares(points, holders, holders)).toEqual(shares[holders - 1]);
      }),
      { numRuns: 60 },
    );
  });

  it("fewer than the threshold fit every secret: some coefficients lead from another secret to the same shares", () => {
    const secret = new Uint8Array(32).fill(1);
    const other = new Uint8Array(32).fill(2);
    const one = splitSecret(secret, new Uint8Array(32).fill(9), 2, 3)[0]!;
    const bridge = other.map((byte, index) => byte ^ one[index]!);
    expect(splitSecret(other, bridge, 2, 3)[0]).toEqual(one);
  });

  it("use the 16-bit field above 255 holders", () => {
    expect(fieldFor(255)).toBe(gf256);
    expect(fieldFor(256)).toBe(gf65536);
  });

  it("name the argument that is out of range", () => {
    const secret = new Uint8Array(32);
    expect(() => splitSecret(secret, new Uint8Array(0), 4, 3)).toThrow("threshold is 4");
    expect(() => splitSecret(secret, new Uint8Array(31), 2, 3)).toThrow("coefficients.length is 31, must be 32");
    expect(() => splitSecret(secret, new Uint8Array(0), 1, 65_536)).toThrow("holders is 65536");
    expect(() => splitSecret(new Uint8Array(31), new Uint8Array(0), 1, 3)).toThrow("secret.length is 31");
    expect(() =>
      interpolateShares(
        [
          { x: 1, bytes: secret },
          { x: 1, bytes: secret },
        ],
        3,
      ),
    ).toThrow("distinct points");
    expect(() => interpolateShares([{ x: 4, bytes: secret }], 3)).toThrow("share.x is 4");
    expect(() =>
      interpolateShares(
        [
          { x: 1, bytes: secret },
          { x: 2, bytes: new Uint8Array(4) },
        ],
        3,
      ),
    ).toThrow("share.bytes.length is 4");
    for (const length of [29, 30, 31, 33, 34, 35]) {
      const other = { x: 2, bytes: new Uint8Array(length) };
      const refusal = `share.bytes.length is ${length}`;
      expect(() => interpolateShares([{ x: 1, bytes: secret }, other], 3)).toThrow(refusal);
      expect(() => interpolateShares([other], 3)).toThrow(refusal);
    }
    expect(() => shareOf(secret, new Uint8Array(0), 1, 3, 4)).toThrow("x is 4");
  });
});
