import { requireArgument, requireInteger } from "../errors.ts";
import { type BinaryField, gf256, gf65536 } from "./field.ts";

/** One holder's point of a shared secret. */
export interface Share {
  /** The holder's point: 1 + its rank in the holder list. */
  readonly x: number;
  /** As long as the secret. */
  readonly bytes: Uint8Array;
}

/** The field of a sharing among `holders` parties: GF(2^8) up to 255 of them, GF(2^16) above; ArgumentError beyond 65,535. */
export function fieldFor(holders: number): BinaryField {
  requireInteger("holders", holders, 1, gf65536.maxHolders);
  return holders <= gf256.maxHolders ? gf256 : gf65536;
}

/** Bytes of random coefficients that {@link splitSecret} takes: one secret's length for each coefficient but the constant. */
export function coefficientsSizeBytes(secretSizeBytes: number, threshold: number): number {
  return secretSizeBytes * (threshold - 1);
}

/**
 * Shares a secret among points 1 to `holders` so that any `threshold` of them give it back (Shamir 1979), element by element.
 *
 * @param secret bytes, a multiple of 4; elements of the 16-bit field are big-endian pairs.
 * @param coefficients uniformly random bytes, {@link coefficientsSizeBytes} of them, used once.
 * @returns the share of point x at index x - 1.
 * @throws ArgumentError for a threshold above the holders, or lengths that do not fit together.
 */
export function splitSecret(
  secret: Uint8Array,
  coefficients: Uint8Array,
  threshold: number,
  holders: number,
): Uint8Array[] {
  const shareAt = sharing(secret, coefficients, threshold, holders);
  return Array.from({ length: holders }, (_, rank) => shareAt(rank + 1));
}

/** The share of one point of the sharing that {@link splitSecret} makes from the same arguments, which it refuses alike. */
export function shareOf(
  secret: Uint8Array,
  coefficients: Uint8Array,
  threshold: number,
  holders: number,
  x: number,
): Uint8Array {
  requireInteger("x", x, 1, holders);
  return sharing(secret, coefficients, threshold, holders)(x);
}

function sharing(secret: Uint8Array, coefficients: Uint8Array, threshold: number, holders: number) {
  const field = fieldFor(holders);
  requireInteger("threshold", threshold, 1, holders);
  requireArgument(secret.length % 4 === 0, "secret.length", secret.length, "a multiple of 4");
  const want = coefficientsSizeBytes(secret.length, threshold);
  requireArgument(coefficients.length === want, "coefficients.length", coefficients.length, `${want}`);
  const terms = [secret, ...chunks(coefficients, secret.length)].map(toWords);
  return (x: number) => toBytes(evaluate(field, terms, x));
}

/**
 * The value at point `at` of the polynomial through the shares (Lagrange); at 0 that is the secret.
 *
 * @param shares at least one, with distinct points and equal lengths.
 * @param holders number of holders of the sharing: it decides the field.
 * @throws ArgumentError for no shares, a point twice or beyond the holders, or lengths that differ or are no multiple of 4.
 */
export function interpolateShares(shares: readonly Share[], holders: number, at = 0): Uint8Array {
  const field = fieldFor(holders);
  const points = shares.map((share) => share.x);
  requireArgument(
    points.length > 0 && new Set(points).size === points.length,
    "shares",
    points,
    "distinct points, at least one",
  );
  for (const x of points) requireInteger("share.x", x, 1, holders);
  const { length } = shares[0]!.bytes;
  requireArgument(length % 4 === 0, "share.bytes.length", length, "a multiple of 4");
  const sum = new Uint32Array(length / 4);
  for (const share of shares) {
    requireArgument(share.bytes.length === length, "share.bytes.length", share.bytes.length, `${length}`);
    const words = toWords(share.bytes);
    field.multiplyVector(words, lagrangeWeight(field, points, share.x, at));
    for (let index = 0; index < sum.length; index++) sum[index]! ^= words[index]!;
  }
  return toBytes(sum);
}

/** Horner's rule on packed words, from the highest coefficient down. */
function evaluate(field: BinaryField, terms: readonly Uint32Array[], x: number): Uint32Array {
  const value = new Uint32Array(terms[0]!.length);
  for (let degree = terms.length - 1; degree >= 0; degree--) {
    field.multiplyVector(value, x);
    const term = terms[degree]!;
    for (let index = 0; index < value.length; index++) value[index]! ^= term[index]!;
  }
  return value;
}

/** Product of (at - other) / (x - other) over the other points; in a binary field minus is exclusive or. */
function lagrangeWeight(field: BinaryField, points: readonly number[], x: number, at: number): number {
  let numerator = 1;
  let denominator = 1;
  for (const other of points) {
    if (other === x) continue;
    numerator = field.multiply(numerator, other ^ at);
    denominator = field.multiply(denominator, other ^ x);
  }
  return field.multiply(numerator, field.invert(denominator));
}

function toWords(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(4 * index, false));
}

function toBytes(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < words.length; index++) view.setUint32(4 * index, words[index]!, false);
  return bytes;
}

function chunks(bytes: Uint8Array, sizeBytes: number): Uint8Array[] {
  const count = sizeBytes === 0 ? 0 : bytes.length / sizeBytes;
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * sizeBytes, (index + 1) * sizeBytes));
}
