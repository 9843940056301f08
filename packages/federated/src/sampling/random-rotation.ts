import { requireArgument, requireInteger } from "../errors.ts";

/** Coordinates that are rotated together; the last block of a vector is the least power of two that holds the rest. */
export const ROTATION_BLOCK = 2 ** 14;

/**
 * Lengths of the blocks that a vector is rotated in, all powers of two. Their sum is the padded length: zeros follow
 * the last coordinate.
 *
 * @throws ArgumentError for a length below 1.
 */
export function rotationBlocks(length: number): number[] {
  requireInteger("length", length, 1, Number.MAX_SAFE_INTEGER);
  const whole = Math.floor(length / ROTATION_BLOCK);
  const rest = length - whole * ROTATION_BLOCK;
  const blocks = new Array<number>(whole).fill(ROTATION_BLOCK);
  return rest === 0 ? blocks : [...blocks, 2 ** Math.ceil(Math.log2(rest))];
}

/**
 * Rotates one block in place: turns the sign of each coordinate by one bit of `signs`, then applies the orthonormal
 * Walsh-Hadamard matrix (Ailon and Chazelle; Kairouz, Liu and Steinke, ICML 2021, section 4). The norm stays and the
 * coordinates get alike, so that rounding and the ring's bound cost little.
 *
 * Linear, hence the same on a sum: all parties use the same public signs.
 *
 * @param block A power of two of coordinates.
 * @param signs At least one bit a coordinate, lowest bit first; a set bit turns the sign.
 * @throws ArgumentError for a block that is no power of two long, or too few signs.
 */
export function rotateBlock(block: Float64Array, signs: Uint8Array): void {
  requireBlock(block, signs);
  turnSigns(block, signs);
  applyHadamard(block);
}

/** Inverse of {@link rotateBlock}, in place; throws ArgumentError alike. */
export function unrotateBlock(block: Float64Array, signs: Uint8Array): void {
  requireBlock(block, signs);
  applyHadamard(block);
  turnSigns(block, signs);
}

function requireBlock(block: Float64Array, signs: Uint8Array): void {
  const isPower = block.length > 0 && Number.isInteger(Math.log2(block.length));
  requireArgument(isPower, "block.length", block.length, "a power of two");
  const needed = Math.ceil(block.length / 8);
  requireArgument(signs.length >= needed, "signs.length", signs.length, `>= ${needed}, one bit a coordinate`);
}

function turnSigns(block: Float64Array, signs: Uint8Array): void {
  for (let i = 0; i < block.length; i++) {
    if ((signs[i >> 3]! >> (i & 7)) & 1) block[i] = -block[i]!;
  }
}

function applyHadamard(block: Float64Array): void {
  for (let half = 1; half < block.length; half *= 2) {
    for (let start = 0; start < block.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const [left, right] = [block[i]!, block[i + half]!];
        block[i] = left + right;
        block[i + half] = left - right;
      }
    }
  }
  const scale = 1 / Math.sqrt(block.length);
  for (let i = 0; i < block.length; i++) block[i] = block[i]! * scale;
}
