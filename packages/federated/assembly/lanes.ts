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
 * Loops take four vectors at a time and load 16 bytes from a vector's start: callers leave 64 bytes of room after the last one, in
 * the lanes and after the last row of packed bytes.
 */

/**
 * lanes ± each of several rows of packed bytes in place, for `vectors` vectors of lanes; -v = ~v + 1.
 *
 * Lanes stay in registers while the rows are added: with one row a call, half the time would go into loading and storing them.
 *
 * @param packed the first row; the others follow at `stride` bytes each.
 * @param scratch 32 bytes for constants.
 */
export function accumulate(
  lanes: usize,
  packed: usize,
  rows: i32,
  stride: i32,
  vectors: i32,
  bits: i32,
  subtract: bool,
  scratch: usize,
): void {
  const flip = i32x4.splat(subtract ? -1 : 0);
  const end = lanes + (vectors << 4);
  const span = rows * stride;
  if (bits === 8) accumulate8(lanes, end, packed, span, stride, flip);
  else if (bits === 10) accumulate10(lanes, end, packed, span, stride, flip, scratch);
  else if (bits === 12) accumulate12(lanes, end, packed, span, stride, flip, scratch);
  else if (bits === 16) accumulate16(lanes, end, packed, span, stride, flip);
  else if (bits === 20) accumulate20(lanes, end, packed, span, stride, flip, scratch);
  else if (bits === 24) accumulate24(lanes, end, packed, span, stride, flip, scratch);
  else if (bits === 28) accumulate28(lanes, end, packed, span, stride, flip, scratch);
  else accumulate32(lanes, end, packed, span, stride, flip);
}

function accumulate8(lanes: usize, end: usize, packed: usize, span: usize, stride: usize, flip: v128): void {
  for (; lanes < end; lanes += 64, packed += 64) {
    let first = signed8(v128.load(lanes), flip);
    let second = signed8(v128.load(lanes, 16), flip);
    let third = signed8(v128.load(lanes, 32), flip);
    let fourth = signed8(v128.load(lanes, 48), flip);
    for (let row = packed; row < packed + span; row += stride) {
      first = i8x16.add(first, v128.load(row));
      second = i8x16.add(second, v128.load(row, 16));
      third = i8x16.add(third, v128.load(row, 32));
      fourth = i8x16.add(fourth, v128.load(row, 48));
    }
    v128.store(lanes, signed8(first, flip));
    v128.store(lanes, signed8(second, flip), 16);
    v128.store(lanes, signed8(third, flip), 32);
    v128.store(lanes, signed8(fourth, flip), 48);
  }
}

function accumulate10(
  lanes: usize,
  end: usize,
  packed: usize,
  span: usize,
  stride: usize,
  flip: v128,
  scratch: usize,
): void {
  const pattern = hold(i8x16(0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 7, 8, 8, 9), scratch);
  const kept = hold(i16x8(-1, -4, -16, -64, -1, -4, -16, -64), scratch + 16);
  for (; lanes < end; lanes += 64, packed += 40) {
    let first = signed16(v128.load(lanes), flip);
    let second = signed16(v128.load(lanes, 16), flip);
    let third = signed16(v128.load(lanes, 32), flip);
    let fourth = signed16(v128.load(lanes, 48), flip);
    for (let row = packed; row < packed + span; row += stride) {
      first = i16x8.add(first, v128.and(v128.relaxed_swizzle(v128.load(row), pattern), kept));
      second = i16x8.add(second, v128.and(v128.relaxed_swizzle(v128.load(row, 10), pattern), kept));
      third = i16x8.add(third, v128.and(v128.relaxed_swizzle(v128.load(row, 20), pattern), kept));
      fourth = i16x8.add(fourth, v128.and(v128.relaxed_swizzle(v128.load(row, 30), pattern), kept));
    }
    v128.store(lanes, signed16(first, flip));
    v128.store(lanes, signed16(second, flip), 16);
    v128.store(lanes, signed16(third, flip), 32);
    v128.store(lanes, signed16(fourth, flip), 48);
  }
}

function accumulate12(
  lanes: usize,
  end: usize,
  packed: usize,
  span: usize,
  stride: usize,
  flip: v128,
  scratch: usize,
): void {
  const pattern = hold(i8x16(0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11), scratch);
  const kept = hold(i16x8(-1, -16, -1, -16, -1, -16, -1, -16), scratch + 16);
  for (; lanes < end; lanes += 64, packed += 48) {
    let first = signed16(v128.load(lanes), flip);
    let second = signed16(v128.load(lanes, 16), flip);
    let third = signed16(v128.load(lanes, 32), flip);
    let fourth = signed16(v128.load(lanes, 48), flip);
    for (let row = packed; row < packed + span; row += stride) {
      first = i16x8.add(first, v128.and(v128.relaxed_swizzle(v128.load(row), pattern), kept));
      second = i16x8.add(second, v128.and(v128.relaxed_swizzle(v128.load(row, 12), pattern), kept));
      third = i16x8.add(third, v128.and(v128.relaxed_swizzle(v128.load(row, 24), pattern), kept));
      fourth = i16x8.add(fourth, v128.and(v128.relaxed_swizzle(v128.load(row, 36), pattern), kept));
    }
    v128.store(lanes, signed16(first, flip));
    v128.store(lanes, signed16(second, flip), 16);
    v128.store(lanes, signed16(third, flip), 32);
    v128.store(lanes, signed16(fourth, flip), 48);
  }
}

function accumulate16(lanes: usize, end: usize, packed: usize, span: usize, stride: usize, flip: v128): void {
  for (; lanes < end; lanes += 64, packed += 64) {
    let first = signed16(v128.load(lanes), flip);
    let second = signed16(v128.load(lanes, 16), flip);
    let third = signed16(v128.load(lanes, 32), flip);
    let fourth = signed16(v128.load(lanes, 48), flip);
    for (let row = packed; row < packed + span; row += stride) {
      first = i16x8.add(first, v128.load(row));
      second = i16x8.add(second, v128.load(row, 16));
      third = i16x8.add(third, v128.load(row, 32));
      fourth = i16x8.add(fourth, v128.load(row, 48));
    }
    v128.store(lanes, signed16(first, flip));
    v128.store(lanes, signed16(second, flip), 16);
    v128.store(lanes, signed16(third, flip), 32);
    v128.store(lanes, signed16(fourth, flip), 48);
  }
}

function accumulate20(
  lanes: usize,
  end: usize,
  packed: usize,
  span: usize,
  stride: usize,
  flip: v128,
  scratch: usize,
): void {
  const pattern = hold(i8x16(0, 1, 2, 3, 2, 3, 4, 5, 5, 6, 7, 8, 7, 8, 9, 10), scratch);
  const kept = hold(i32x4(-1, -16, -1, -16), scratch + 16);
  for (; lanes < end; lanes += 64, packed += 40) {
    let first = signed32(v128.load(lanes), flip);
    let second = signed32(v128.load(lanes, 16), flip);
    let third = signed32(v128.load(lanes, 32), flip);
    let fourth = signed32(v128.load(lanes, 48), flip);
    for (let row = packed; row < packed + span; row += stride) {
      first = i32x4.add(first, v128.and(v128.relaxed_swizzle(v128.load(row), pattern), kept));
      second = i32x4.add(second, v128.and(v128.relaxed_swizzle(v128.load(row, 10), pattern), kept));
      third = i32x4.add(third, v128.and(v128.relaxed_swizzle(v128.load(row, 20), pattern), kept));
      fourth = i32x4.add(fourth, v128.and(v128.relaxed_swizzle(v128.load(row, 30), pattern), kept));
    }
    v128.store(lanes, signed32(first, flip));
    v128.store(lanes, signed32(second, flip), 16);
    v128.store(lanes, signed32(third, flip), 32);
    v128.store(lanes, signed32(fourth, flip), 48);
  }
}

function accumulate24(
  lanes: usize,
  end: usize,
  packed: usize,
  span: usize,
  stride: usize,
  flip: v128,
  scratch: usize,
): void {
  const pattern = hold(i8x16(0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12), scratch);
  for (; lanes < end; lanes += 64, packed += 48) {
    let first = signed32(v128.load(lanes), flip);
    let second = signed32(v128.load(lanes, 16), flip);
    let third = signed32(v128.load(lanes, 32), flip);
    let fourth = signed32(v128.load(lanes, 48), flip);
    for (let row = packed; row < packed + span; row += stride) {
      first = i32x4.add(first, v128.relaxed_swizzle(v128.load(row), pattern));
      second = i32x4.add(second, v128.relaxed_swizzle(v128.load(row, 12), pattern));
      third = i32x4.add(third, v128.relaxed_swizzle(v128.load(row, 24), pattern));
      fourth = i32x4.add(fourth, v128.relaxed_swizzle(v128.load(row, 36), pattern));
    }
    v128.store(lanes, signed32(first, flip));
    v128.store(lanes, signed32(second, flip), 16);
    v128.store(lanes, signed32(third, flip), 32);
    v128.store(lanes, signed32(fourth, flip), 48);
  }
}

function accumulate28(
  lanes: usize,
  end: usize,
  packed: usize,
  span: usize,
  stride: usize,
  flip: v128,
  scratch: usize,
): void {
  const pattern = hold(i8x16(0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13), scratch);
  const kept = hold(i32x4(-1, -16, -1, -16), scratch + 16);
  for (; lanes < end; lanes += 64, packed += 56) {
    let first = signed32(v128.load(lanes), flip);
    let second = signed32(v128.load(lanes, 16), flip);
    let third = signed32(v128.load(lanes, 32), flip);
    let fourth = signed32(v128.load(lanes, 48), flip);
    for (let row = packed; row < packed + span; row += stride) {
      first = i32x4.add(first, v128.and(v128.relaxed_swizzle(v128.load(row), pattern), kept));
      second = i32x4.add(second, v128.and(v128.relaxed_swizzle(v128.load(row, 14), pattern), kept));
      third = i32x4.add(third, v128.and(v128.relaxed_swizzle(v128.load(row, 28), pattern), kept));
      fourth = i32x4.add(fourth, v128.and(v128.relaxed_swizzle(v128.load(row, 42), pattern), kept));
    }
    v128.store(lanes, signed32(first, flip));
    v128.store(lanes, signed32(second, flip), 16);
    v128.store(lanes, signed32(third, flip), 32);
    v128.store(lanes, signed32(fourth, flip), 48);
  }
}

function accumulate32(lanes: usize, end: usize, packed: usize, span: usize, stride: usize, flip: v128): void {
  for (; lanes < end; lanes += 64, packed += 64) {
    let first = signed32(v128.load(lanes), flip);
    let second = signed32(v128.load(lanes, 16), flip);
    let third = signed32(v128.load(lanes, 32), flip);
    let fourth = signed32(v128.load(lanes, 48), flip);
    for (let row = packed; row < packed + span; row += stride) {
      first = i32x4.add(first, v128.load(row));
      second = i32x4.add(second, v128.load(row, 16));
      third = i32x4.add(third, v128.load(row, 32));
      fourth = i32x4.add(fourth, v128.load(row, 48));
    }
    v128.store(lanes, signed32(first, flip));
    v128.store(lanes, signed32(second, flip), 16);
    v128.store(lanes, signed32(third, flip), 32);
    v128.store(lanes, signed32(fourth, flip), 48);
  }
}

function signed8(values: v128, flip: v128): v128 {
  return i8x16.sub(v128.xor(values, flip), flip);
}

function signed16(values: v128, flip: v128): v128 {
  return i16x8.sub(v128.xor(values, flip), flip);
}

function signed32(values: v128, flip: v128): v128 {
  return i32x4.sub(v128.xor(values, flip), flip);
}
