/** Between int32 values and lanes (lanes.ts): a multiplication moves a value to or from its offset in the lane. */

/** lanes = values: residues mod 2^b of the int32 at `values`, for `vectors` vectors of lanes. */
export function setLanes(values: usize, lanes: usize, vectors: i32, bits: i32): void {
  const end = lanes + (vectors << 4);
  if (bits === 8) setLanes8(values, lanes, end);
  else if (bits <= 16) setLanes16(values, lanes, end, offsets16(bits));
  else setLanes32(values, lanes, end, offsets32(bits));
}

/** values = signed residues of lanes, in [-2^(b-1), 2^(b-1)), for `vectors` vectors of lanes. */
export function readLanes(lanes: usize, values: usize, vectors: i32, bits: i32): void {
  const end = lanes + (vectors << 4);
  if (bits === 8) readLanes8(lanes, end, values);
  else if (bits === 10) readLanes16(lanes, end, values, i16x8(64, 16, 4, 1, 64, 16, 4, 1), 6);
  else if (bits === 12) readLanes16(lanes, end, values, i16x8(16, 1, 16, 1, 16, 1, 16, 1), 4);
  else if (bits === 16) readLanes16(lanes, end, values, i16x8.splat(1), 0);
  else if (bits === 20) readLanes32(lanes, end, values, i32x4(4096, 256, 4096, 256), 12);
  else if (bits === 24) readLanes32(lanes, end, values, i32x4.splat(256), 8);
  else if (bits === 28) readLanes32(lanes, end, values, i32x4(16, 1, 16, 1), 4);
  else readLanes32(lanes, end, values, i32x4.splat(1), 0);
}

/** Factors that move eight values to their offsets in 16-bit lanes. */
function offsets16(bits: i32): v128 {
  if (bits === 10) return i16x8(1, 4, 16, 64, 1, 4, 16, 64);
  if (bits === 12) return i16x8(1, 16, 1, 16, 1, 16, 1, 16);
  return i16x8.splat(1);
}

/** Factors that move four values to their offsets in 32-bit lanes. */
function offsets32(bits: i32): v128 {
  return bits === 20 || bits === 28 ? i32x4(1, 16, 1, 16) : i32x4.splat(1);
}

/** The low halves of eight int32. */
function lowHalves(first: v128, second: v128): v128 {
  return v128.shuffle<i16>(first, second, 0, 2, 4, 6, 8, 10, 12, 14);
}

function setLanes8(values: usize, lanes: usize, end: usize): void {
  for (; lanes < end; lanes += 16, values += 64) {
    const first = lowHalves(v128.load(values), v128.load(values, 16));
    const second = lowHalves(v128.load(values, 32), v128.load(values, 48));
    v128.store(lanes, v128.shuffle<u8>(first, second, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30));
  }
}

function setLanes16(values: usize, lanes: usize, end: usize, offsets: v128): void {
  for (; lanes < end; lanes += 16, values += 32) {
    v128.store(lanes, i16x8.mul(lowHalves(v128.load(values), v128.load(values, 16)), offsets));
  }
}

function setLanes32(values: usize, lanes: usize, end: usize, offsets: v128): void {
  for (; lanes < end; lanes += 16, values += 16) v128.store(lanes, i32x4.mul(v128.load(values), offsets));
}

function readLanes8(lanes: usize, end: usize, values: usize): void {
  for (; lanes < end; lanes += 16, values += 64) {
    const low = i16x8.extend_low_i8x16_s(v128.load(lanes));
    const high = i16x8.extend_high_i8x16_s(v128.load(lanes));
    v128.store(values, i32x4.extend_low_i16x8_s(low));
    v128.store(values, i32x4.extend_high_i16x8_s(low), 16);
    v128.store(values, i32x4.extend_low_i16x8_s(high), 32);
    v128.store(values, i32x4.extend_high_i16x8_s(high), 48);
  }
}

function readLanes16(lanes: usize, end: usize, values: usize, toTop: v128, spare: i32): void {
  for (; lanes < end; lanes += 16, values += 32) {
    const signed = i16x8.shr_s(i16x8.mul(v128.load(lanes), toTop), spare);
    v128.store(values, i32x4.extend_low_i16x8_s(signed));
    v128.store(values, i32x4.extend_high_i16x8_s(signed), 16);
  }
}

function readLanes32(lanes: usize, end: usize, values: usize, toTop: v128, spare: i32): void {
  for (; lanes < end; lanes += 16, values += 16) {
    v128.store(values, i32x4.shr_s(i32x4.mul(v128.load(lanes), toTop), spare));
  }
}
