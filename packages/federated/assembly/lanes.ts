import { hold } from "./hold";

/**
 * Sums of packed ring elements, held in lanes: one SIMD lane a value, wide enough that lanes add without unpacking.
 *
 * A lane holds its value at the bit offset that it has in the packed bytes, so that spreading packed bytes into lanes is one byte
 * shuffle and one AND. Bits below the value are zero; bits above it are whatever the sum left there and are dropped at the end.
 *
 *   b                               8    10        12     16   20     24   28     32
 *   bits of a lane                  8    16        16     16   32     32   32     32
 *   offset in the lane, repeating   0    0,2,4,6   0,4    0    0,4    0    0,4    0
 *   packed bytes of one vector      16   10        12     16   10     12   14     16
 *
 * Loops take two vectors at a time and load 16 bytes from a vector's start: callers leave 32 bytes of room after the last one, in
 * the lanes and in the packed bytes.
 */

/**
 * lanes ± packed in place, for `vectors` vectors of lanes; `flip` is all zeros to add, all ones to subtract (-v = ~v + 1).
 *
 * @param scratch 32 bytes for constants.
 */
export function accumulate(lanes: usize, packed: usize, vectors: i32, bits: i32, subtract: bool, scratch: usize): void {
  const flip = i32x4.splat(subtract ? -1 : 0);
  const end = lanes + (vectors << 4);
  if (bits === 8) accumulate8(lanes, end, packed, flip);
  else if (bits === 10) accumulate10(lanes, end, packed, flip, scratch);
  else if (bits === 12) accumulate12(lanes, end, packed, flip, scratch);
  else if (bits === 16) accumulate16(lanes, end, packed, flip);
  else if (bits === 20) accumulate20(lanes, end, packed, flip, scratch);
  else if (bits === 24) accumulate24(lanes, end, packed, flip, scratch);
  else if (bits === 28) accumulate28(lanes, end, packed, flip, scratch);
  else accumulate32(lanes, end, packed, flip);
}

function accumulate8(lanes: usize, end: usize, packed: usize, flip: v128): void {
  for (; lanes < end; lanes += 32, packed += 32) {
    const first = v128.load(packed);
    const second = v128.load(packed, 16);
    v128.store(lanes, signedAdd8(v128.load(lanes), first, flip));
    v128.store(lanes, signedAdd8(v128.load(lanes, 16), second, flip), 16);
  }
}

function accumulate10(lanes: usize, end: usize, packed: usize, flip: v128, scratch: usize): void {
  const pattern = hold(i8x16(0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 7, 8, 8, 9), scratch);
  const kept = hold(i16x8(-1, -4, -16, -64, -1, -4, -16, -64), scratch + 16);
  for (; lanes < end; lanes += 32, packed += 20) {
    const first = v128.and(v128.swizzle(v128.load(packed), pattern), kept);
    const second = v128.and(v128.swizzle(v128.load(packed, 10), pattern), kept);
    v128.store(lanes, signedAdd16(v128.load(lanes), first, flip));
    v128.store(lanes, signedAdd16(v128.load(lanes, 16), second, flip), 16);
  }
}

function accumulate12(lanes: usize, end: usize, packed: usize, flip: v128, scratch: usize): void {
  const pattern = hold(i8x16(0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11), scratch);
  const kept = hold(i16x8(-1, -16, -1, -16, -1, -16, -1, -16), scratch + 16);
  for (; lanes < end; lanes += 32, packed += 24) {
    const first = v128.and(v128.swizzle(v128.load(packed), pattern), kept);
    const second = v128.and(v128.swizzle(v128.load(packed, 12), pattern), kept);
    v128.store(lanes, signedAdd16(v128.load(lanes), first, flip));
    v128.store(lanes, signedAdd16(v128.load(lanes, 16), second, flip), 16);
  }
}

function accumulate16(lanes: usize, end: usize, packed: usize, flip: v128): void {
  for (; lanes < end; lanes += 32, packed += 32) {
    const first = v128.load(packed);
    const second = v128.load(packed, 16);
    v128.store(lanes, signedAdd16(v128.load(lanes), first, flip));
    v128.store(lanes, signedAdd16(v128.load(lanes, 16), second, flip), 16);
  }
}

function accumulate20(lanes: usize, end: usize, packed: usize, flip: v128, scratch: usize): void {
  const pattern = hold(i8x16(0, 1, 2, 3, 2, 3, 4, 5, 5, 6, 7, 8, 7, 8, 9, 10), scratch);
  const kept = hold(i32x4(-1, -16, -1, -16), scratch + 16);
  for (; lanes < end; lanes += 32, packed += 20) {
    const first = v128.and(v128.swizzle(v128.load(packed), pattern), kept);
    const second = v128.and(v128.swizzle(v128.load(packed, 10), pattern), kept);
    v128.store(lanes, signedAdd32(v128.load(lanes), first, flip));
    v128.store(lanes, signedAdd32(v128.load(lanes, 16), second, flip), 16);
  }
}

function accumulate24(lanes: usize, end: usize, packed: usize, flip: v128, scratch: usize): void {
  const pattern = hold(i8x16(0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12), scratch);
  for (; lanes < end; lanes += 32, packed += 24) {
    const first = v128.swizzle(v128.load(packed), pattern);
    const second = v128.swizzle(v128.load(packed, 12), pattern);
    v128.store(lanes, signedAdd32(v128.load(lanes), first, flip));
    v128.store(lanes, signedAdd32(v128.load(lanes, 16), second, flip), 16);
  }
}

function accumulate28(lanes: usize, end: usize, packed: usize, flip: v128, scratch: usize): void {
  const pattern = hold(i8x16(0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13), scratch);
  const kept = hold(i32x4(-1, -16, -1, -16), scratch + 16);
  for (; lanes < end; lanes += 32, packed += 28) {
    const first = v128.and(v128.swizzle(v128.load(packed), pattern), kept);
    const second = v128.and(v128.swizzle(v128.load(packed, 14), pattern), kept);
    v128.store(lanes, signedAdd32(v128.load(lanes), first, flip));
    v128.store(lanes, signedAdd32(v128.load(lanes, 16), second, flip), 16);
  }
}

function accumulate32(lanes: usize, end: usize, packed: usize, flip: v128): void {
  for (; lanes < end; lanes += 32, packed += 32) {
    const first = v128.load(packed);
    const second = v128.load(packed, 16);
    v128.store(lanes, signedAdd32(v128.load(lanes), first, flip));
    v128.store(lanes, signedAdd32(v128.load(lanes, 16), second, flip), 16);
  }
}

function signedAdd8(sum: v128, values: v128, flip: v128): v128 {
  return i8x16.sub(i8x16.add(sum, v128.xor(values, flip)), flip);
}

function signedAdd16(sum: v128, values: v128, flip: v128): v128 {
  return i16x8.sub(i16x8.add(sum, v128.xor(values, flip)), flip);
}

function signedAdd32(sum: v128, values: v128, flip: v128): v128 {
  return i32x4.sub(i32x4.add(sum, v128.xor(values, flip)), flip);
}
