import { requireArgument, requireInteger } from "../errors.ts";

/** Widths of a ring element in bits: those whose groups of eight values fill whole bytes and whose lanes fit in SIMD. */
export const RING_BITS = [8, 10, 12, 16, 20, 24, 28, 32] as const;

/** One allowed width b of the signed ring Z_2^b. */
export type RingBits = (typeof RING_BITS)[number];

/** Fewest and most value bits of a quantised coordinate: a float32 holds 24 significant bits. */
export const VALUE_BITS = { min: 2, max: 24 } as const;

/** Values of one packed group: eight b-bit elements are exactly b bytes. */
export const GROUP_VALUES = 8;

const MAX_PARTIES = 2 ** 24;

/** True when `bits` is an allowed ring width. */
export function isRingBits(bits: number): bits is RingBits {
  return (RING_BITS as readonly number[]).includes(bits);
}

/** Returns `bits` as a ring width; throws ArgumentError naming `ringBits` and the allowed widths. */
export function requireRingBits(bits: number): RingBits {
  requireArgument(isRingBits(bits), "ringBits", bits, `one of ${RING_BITS.join(", ")}`);
  return bits;
}

/** Bits that a sum over `parties` adds to one value: ceil(log2 n). Throws ArgumentError unless 1 ≤ parties ≤ 2^24. */
export function carryBits(parties: number): number {
  requireInteger("parties", parties, 1, MAX_PARTIES);
  return parties === 1 ? 0 : 32 - Math.clz32(parties - 1);
}

/** Largest magnitude of a value of `valueBits` bits, 2^(v-1)-1: symmetric, so that the negative of a value is a value. */
export function largestValue(valueBits: number): number {
  return 2 ** (valueBits - 1) - 1;
}

/** What a ring must hold: the sum of `parties` values of `valueBits` bits, each times a weight of `weightBits` bits. */
export interface RingLoad {
  readonly valueBits: number;
  readonly parties: number;
  /** Bits of the weight each value is multiplied with; 0 when weights are uniform. */
  readonly weightBits?: number;
}

/** Bits a ring needs so that no sum wraps: v + weight bits + ceil(log2 n). Throws ArgumentError on an argument out of range. */
export function bitsNeeded(load: RingLoad): number {
  requireInteger("valueBits", load.valueBits, VALUE_BITS.min, VALUE_BITS.max);
  requireInteger("weightBits", load.weightBits ?? 0, 0, 16);
  return load.valueBits + (load.weightBits ?? 0) + carryBits(load.parties);
}

/**
 * The narrowest allowed ring in which the load's sum cannot wrap.
 *
 * @throws ArgumentError when even 32 bits are too few: it names the value bits and the most that fit.
 */
export function smallestRing(load: RingLoad): RingBits {
  const needed = bitsNeeded(load);
  const found = RING_BITS.find((bits) => bits >= needed);
  const spare = load.valueBits - (needed - 32);
  requireArgument(found !== undefined, "valueBits", load.valueBits, `at most ${spare} for ${load.parties} parties`);
  return found;
}

/** Refuses a ring that is too small for the load: ArgumentError names `ringBits`, its value and the bits needed. */
export function requireRingHolds(bits: RingBits, load: RingLoad): void {
  const needed = bitsNeeded(load);
  const why = `at least ${needed} for ${load.valueBits} value bits and ${load.parties} parties`;
  requireArgument(bits >= needed, "ringBits", bits, why);
}

/** Reads a residue mod 2^b as the signed integer in [-2^(b-1), 2^(b-1)) that is congruent to it. */
export function toSigned(residue: number, bits: RingBits): number {
  const shift = 32 - bits;
  return (residue << shift) >> shift;
}

/** Bytes that `values` packed ring elements take: whole groups of eight, b bytes each. */
export function packedSizeBytes(values: number, bits: RingBits): number {
  return Math.ceil(values / GROUP_VALUES) * bits;
}
