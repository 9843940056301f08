import { hold } from "./hold";

/** From lanes (lanes.ts) to the packed bit stream: values of a lane pair or quadruple close up, then their bytes do. */

/**
 * packed = the low b bits of each lane's value, for `vectors` vectors of lanes. Twin: src/encoding/packing.ts.
 *
 * @param scratch 80 bytes for constants.
 */
export function packLanes(lanes: usize, packed: usize, vectors: i32, bits: i32, scratch: usize): void {
  const end = lanes + (vectors << 4);
  if (bits === 10) pack10(lanes, end, packed, scratch);
  else if (bits === 12) pack12(lanes, end, packed, scratch);
  else if (bits === 20) pack20(lanes, end, packed, scratch);
  else if (bits === 24) pack24(lanes, end, packed, scratch);
  else if (bits === 28) pack28(lanes, end, packed, scratch);
  else memory.copy(packed, lanes, vectors << 4);
}

function pack10(lanes: usize, end: usize, packed: usize, scratch: usize): void {
  const first = hold(i64x2.splat(0x3ff), scratch);
  const second = hold(i64x2.splat(0x3ff << 10), scratch + 16);
  const third = hold(i64x2.splat(0x3ff << 20), scratch + 32);
  const fourth = hold(i64x2.splat((<i64>0x3ff) << 30), scratch + 48);
  const pattern = hold(i8x16(0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 0, 0, 0, 0, 0, 0), scratch + 64);
  for (; lanes < end; lanes += 16, packed += 10) {
    const sum = v128.load(lanes);
    const low = v128.or(v128.and(sum, first), v128.and(i64x2.shr_u(sum, 8), second));
    const high = v128.or(v128.and(i64x2.shr_u(sum, 16), third), v128.and(i64x2.shr_u(sum, 24), fourth));
    v128.store(packed, v128.relaxed_swizzle(v128.or(low, high), pattern));
  }
}

function pack12(lanes: usize, end: usize, packed: usize, scratch: usize): void {
  const first = hold(i32x4.splat(0xfff), scratch);
  const second = hold(i32x4.splat(0xfff << 12), scratch + 16);
  const pattern = hold(i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0), scratch + 32);
  for (; lanes < end; lanes += 16, packed += 12) {
    const sum = v128.load(lanes);
    const closed = v128.or(v128.and(sum, first), v128.and(i32x4.shr_u(sum, 8), second));
    v128.store(packed, v128.relaxed_swizzle(closed, pattern));
  }
}

function pack20(lanes: usize, end: usize, packed: usize, scratch: usize): void {
  const first = hold(i64x2.splat(0xfffff), scratch);
  const second = hold(i64x2.splat((<i64>0xfffff) << 20), scratch + 16);
  const pattern = hold(i8x16(0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 0, 0, 0, 0, 0, 0), scratch + 32);
  for (; lanes < end; lanes += 16, packed += 10) {
    const sum = v128.load(lanes);
    const closed = v128.or(v128.and(sum, first), v128.and(i64x2.shr_u(sum, 16), second));
    v128.store(packed, v128.relaxed_swizzle(closed, pattern));
  }
}

function pack24(lanes: usize, end: usize, packed: usize, scratch: usize): void {
  const pattern = hold(i8x16(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0), scratch);
  for (; lanes < end; lanes += 16, packed += 12) v128.store(packed, v128.relaxed_swizzle(v128.load(lanes), pattern));
}

function pack28(lanes: usize, end: usize, packed: usize, scratch: usize): void {
  const first = hold(i64x2.splat(0xfffffff), scratch);
  const second = hold(i64x2.splat((<i64>0xfffffff) << 28), scratch + 16);
  const pattern = hold(i8x16(0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 0, 0), scratch + 32);
  for (; lanes < end; lanes += 16, packed += 14) {
    const sum = v128.load(lanes);
    const closed = v128.or(v128.and(sum, first), v128.and(i64x2.shr_u(sum, 8), second));
    v128.store(packed, v128.relaxed_swizzle(closed, pattern));
  }
}
