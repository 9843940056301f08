import { requireArgument, requireInteger } from "../errors.ts";
import { packRing, unpackRing } from "./packing.ts";
import { GROUP_VALUES, type RingBits } from "./ring.ts";

/** Which way a vector enters a sum: a pair's lower party adds their mask, the higher one subtracts it. */
export type Sign = 1 | -1;

/**
 * Adds (or subtracts) unpacked ring elements in place: `sum[i] ± addend[i]` mod 2^32, hence also mod every 2^b.
 *
 * @throws ArgumentError when the lengths differ.
 */
export function accumulateRing(sum: Int32Array, addend: Int32Array, sign: Sign = 1): Int32Array {
  requireArgument(addend.length === sum.length, "addend", addend, `${sum.length} values like the sum`);
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + sign * addend[i]!;
  return sum;
}

/**
 * Adds (or subtracts) one packed vector to another in place, element by element mod 2^b. No carry crosses elements.
 *
 * @param sum whole groups of eight b-bit elements, changed in place.
 * @param addend as many bytes as `sum`.
 * @throws ArgumentError when the lengths differ or are not whole groups.
 */
export function accumulatePacked(sum: Uint8Array, addend: Uint8Array, bits: RingBits, sign: Sign = 1): Uint8Array {
  requireArgument(sum.length % bits === 0, "sum", sum, `a multiple of ${bits} bytes (groups of eight values)`);
  requireArgument(addend.length === sum.length, "addend", addend, `${sum.length} bytes like the sum`);
  const tileValues = 8192;
  const tileBytes = (tileValues / GROUP_VALUES) * bits;
  for (let start = 0; start < sum.length; start += tileBytes) {
    const end = Math.min(sum.length, start + tileBytes);
    const values = ((end - start) / bits) * GROUP_VALUES;
    const left = unpackRing(sum.subarray(start, end), bits, new Int32Array(values));
    const right = unpackRing(addend.subarray(start, end), bits, new Int32Array(values));
    packRing(accumulateRing(left, right, sign), bits, sum.subarray(start, end));
  }
  return sum;
}

/** Refuses a chunk offset inside a group: chunks start at multiples of eight values so that their bytes stand alone. */
export function requireChunkOffset(offset: number): void {
  requireInteger("offset", offset, 0, Number.MAX_SAFE_INTEGER);
  requireArgument(offset % GROUP_VALUES === 0, "offset", offset, `a multiple of ${GROUP_VALUES} values`);
}
