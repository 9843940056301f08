/** From lanes (lanes.ts) to the packed bit stream: values of a lane pair or quadruple close up, then their bytes do. */

/** packed = the low b bits of each lane's value, for `vectors` vectors of lanes. Twin: src/encoding/packing.ts. */
export function packLanes(lanes: usize, packed: usize, vectors: i32, bits: i32): void {
  const end = lanes + (vectors << 4);
  if (bits === 10) pack10(lanes, end, packed);
  else if (bits === 12) pack12(lanes, end, packed);
  else if (bits === 20) pack20(lanes, end, packed);
  else if (bits === 24) pack24(lanes, end, packed);
  else if (bits === 28) pack28(lanes, end, packed);
  else memory.copy(packed, lanes, vectors << 4);
}

function pack10(lanes: usize, end: usize, packed: usize): void {
  for (; lanes < end; lanes += 16, packed += 10) {
    const sum = v128.load(lanes);
    const low = v128.or(v128.and(sum, i64x2.splat(0x3ff)), v128.and(i64x2.shr_u(sum, 8), i64x2.splat(0x3ff << 10)));
    const high = v128.or(
      v128.and(i64x2.shr_u(sum, 16), i64x2.splat(0x3ff << 20)),
      v128.and(i64x2.shr_u(sum, 24), i64x2.splat((<i64>0x3ff) << 30)),
    );
    const closed = v128.or(low, high);
    v128.store(packed, v128.shuffle<u8>(closed, closed, 0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 0, 0, 0, 0, 0, 0));
  }
}

function pack12(lanes: usize, end: usize, packed: usize): void {
  for (; lanes < end; lanes += 16, packed += 12) {
    const sum = v128.load(lanes);
    const closed = v128.or(v128.and(sum, i32x4.splat(0xfff)), v128.and(i32x4.shr_u(sum, 8), i32x4.splat(0xfff << 12)));
    v128.store(packed, closeThreeOfFour(closed));
  }
}

function pack20(lanes: usize, end: usize, packed: usize): void {
  for (; lanes < end; lanes += 16, packed += 10) {
    const sum = v128.load(lanes);
    const closed = v128.or(
      v128.and(sum, i64x2.splat(0xfffff)),
      v128.and(i64x2.shr_u(sum, 16), i64x2.splat((<i64>0xfffff) << 20)),
    );
    v128.store(packed, v128.shuffle<u8>(closed, closed, 0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 0, 0, 0, 0, 0, 0));
  }
}

function pack24(lanes: usize, end: usize, packed: usize): void {
  for (; lanes < end; lanes += 16, packed += 12) v128.store(packed, closeThreeOfFour(v128.load(lanes)));
}

function pack28(lanes: usize, end: usize, packed: usize): void {
  for (; lanes < end; lanes += 16, packed += 14) {
    const sum = v128.load(lanes);
    const closed = v128.or(
      v128.and(sum, i64x2.splat(0xfffffff)),
      v128.and(i64x2.shr_u(sum, 8), i64x2.splat((<i64>0xfffffff) << 28)),
    );
    v128.store(packed, v128.shuffle<u8>(closed, closed, 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 0, 0));
  }
}

/** The low three bytes of each 32-bit lane, end to end. */
function closeThreeOfFour(lanes: v128): v128 {
  return v128.shuffle<u8>(lanes, lanes, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0);
}
