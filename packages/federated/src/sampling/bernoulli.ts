import { ArgumentError, requireArgument } from "../errors.ts";
import type { Rational } from "./rational.ts";

/**
 * The next `count` bytes of a random stream. For differential privacy it must come from a cryptographic generator under
 * a secret key; the same stream gives the same samples.
 */
export type RandomBytes = (count: number) => Uint8Array;

/**
 * Integer from 0 to bound - 1, every one with the same chance, by rejection.
 *
 * @throws ArgumentError for a bound below 1, or a stream that gives another number of bytes.
 */
export function uniformBelow(bound: bigint, random: RandomBytes): bigint {
  if (bound < 1n) throw new ArgumentError("bound", bound, ">= 1");
  const bitCount = (bound - 1n).toString(2).length;
  const byteCount = Math.ceil(bitCount / 8);
  const mask = (1n << BigInt(bitCount)) - 1n;
  for (;;) {
    const candidate = readBigEndian(takeBytes(random, byteCount)) & mask;
    if (candidate < bound) return candidate;
  }
}

/**
 * True with chance `numerator / denominator`, exactly.
 *
 * @throws ArgumentError for a chance outside [0, 1].
 */
export function sampleBernoulli({ numerator, denominator }: Rational, random: RandomBytes): boolean {
  if (denominator < 1n || numerator < 0n || numerator > denominator) {
    throw new ArgumentError("chance", `${numerator}/${denominator}`, ">= 0 and <= 1");
  }
  return uniformBelow(denominator, random) < numerator;
}

/**
 * True with chance exp(-rate), exactly and without computing it (Canonne, Kamath and Steinke, NeurIPS 2020, algorithm 1).
 *
 * @param rate A fraction >= 0.
 * @throws ArgumentError for a negative rate.
 */
export function sampleBernoulliExp({ numerator, denominator }: Rational, random: RandomBytes): boolean {
  if (denominator < 1n || numerator < 0n) {
    throw new ArgumentError("rate", `${numerator}/${denominator}`, ">= 0");
  }
  for (let whole = numerator / denominator; whole > 0n; whole--) {
    if (!sampleExpOfFraction(1n, 1n, random)) return false;
  }
  return sampleExpOfFraction(numerator % denominator, denominator, random);
}

/** exp(-x) for x in [0, 1]: the alternating series as a run of coins with chances x/1, x/2, x/3, … */
function sampleExpOfFraction(numerator: bigint, denominator: bigint, random: RandomBytes): boolean {
  let count = 1n;
  while (sampleBernoulli({ numerator, denominator: denominator * count }, random)) count += 1n;
  return count % 2n === 1n;
}

/** Takes bytes from a stream and refuses a short answer, which would bias every sample; throws ArgumentError. */
export function takeBytes(random: RandomBytes, count: number): Uint8Array {
  const bytes = random(count);
  requireArgument(bytes.length === count, "random(count).length", bytes.length, `${count}`);
  return bytes;
}

/** The unsigned integer that bytes write, most significant first. */
export function readBigEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}
