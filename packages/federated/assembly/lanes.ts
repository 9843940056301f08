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
 * Loads and stores of packed bytes touch 16 bytes from a vector's start: callers leave that much room after the last one.
 */

/** lanes ± packed in place, for `vectors` vectors of lanes; `flip` is all zeros to add, all ones to subtract (-v = ~v + 1). */
export function accumulate(lanes: usize, packed: usize, vectors: i32, bits: i32, subtract: bool): void {
  const flip = i32x4.splat(subtract ? -1 : 0);
  if (bits === 8) accumulate8(lanes, packed, vectors, flip);
  else if (bits === 10) accumulate10(lanes, packed, vectors, flip);
  else if (bits === 12) accumulate12(lanes, packed, vectors, flip);
  else if (bits === 16) accumulate16(lanes, packed, vectors, flip);
  else if (bits === 20) accumulate20(lanes, packed, vectors, flip);
  else if (bits === 24) accumulate24(lanes, packed, vectors, flip);
  else if (bits === 28) accumulate28(lanes, packed, vectors, flip);
  else accumulate32(lanes, packed, vectors, flip);
}

function accumulate8(lanes: usize, packed: usize, vectors: i32, flip: v128): void {
  for (const end = lanes + (vectors << 4); lanes < end; lanes += 16, packed += 16) {
    const values = v128.xor(v128.load(packed), flip);
    v128.store(lanes, i8x16.sub(i8x16.add(v128.load(lanes), values), flip));
  }
}

function accumulate10(lanes: usize, packed: usize, vectors: i32, flip: v128): void {
  const kept = i16x8(-1, -4, -16, -64, -1, -4, -16, -64);
  for (const end = lanes + (vectors << 4); lanes < end; lanes += 16, packed += 10) {
    const bytes = v128.load(packed);
    const spread = v128.shuffle<u8>(bytes, bytes, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 7, 8, 8, 9);
    v128.store(lanes, signedAdd16(v128.load(lanes), v128.and(spread, kept), flip));
  }
}

function accumulate12(lanes: usize, packed: usize, vectors: i32, flip: v128): void {
  const kept = i16x8(-1, -16, -1, -16, -1, -16, -1, -16);
  for (const end = lanes + (vectors << 4); lanes < end; lanes += 16, packed += 12) {
    const bytes = v128.load(packed);
    const spread = v128.shuffle<u8>(bytes, bytes, 0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11);
    v128.store(lanes, signedAdd16(v128.load(lanes), v128.and(spread, kept), flip));
  }
}

function accumulate16(lanes: usize, packed: usize, vectors: i32, flip: v128): void {
  for (const end = lanes + (vectors << 4); lanes < end; lanes += 16, packed += 16) {
    v128.store(lanes, signedAdd16(v128.load(lanes), v128.load(packed), flip));
  }
}

function accumulate20(lanes: usize, packed: usize, vectors: i32, flip: v128): void {
  const kept = i32x4(-1, -16, -1, -16);
  for (const end = lanes + (vectors << 4); lanes < end; lanes += 16, packed += 10) {
    const bytes = v128.load(packed);
    const spread = v128.shuffle<u8>(bytes, bytes, 0, 1, 2, 3, 2, 3, 4, 5, 5, 6, 7, 8, 7, 8, 9, 10);
    v128.store(lanes, signedAdd32(v128.load(lanes), v128.and(spread, kept), flip));
  }
}

function accumulate24(lanes: usize, packed: usize, vectors: i32, flip: v128): void {
  for (const end = lanes + (vectors << 4); lanes < end; lanes += 16, packed += 12) {
    const bytes = v128.load(packed);
    const spread = v128.shuffle<u8>(bytes, bytes, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12);
    v128.store(lanes, signedAdd32(v128.load(lanes), spread, flip));
  }
}

function accumulate28(lanes: usize, packed: usize, vectors: i32, flip: v128): void {
  const kept = i32x4(-1, -16, -1, -16);
  for (const end = lanes + (vectors << 4); lanes < end; lanes += 16, packed += 14) {
    const bytes = v128.load(packed);
    const spread = v128.shuffle<u8>(bytes, bytes, 0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13);
    v128.store(lanes, signedAdd32(v128.load(lanes), v128.and(spread, kept), flip));
  }
}

function accumulate32(lanes: usize, packed: usize, vectors: i32, flip: v128): void {
  for (const end = lanes + (vectors << 4); lanes < end; lanes += 16, packed += 16) {
    v128.store(lanes, signedAdd32(v128.load(lanes), v128.load(packed), flip));
  }
}

function signedAdd16(sum: v128, values: v128, flip: v128): v128 {
  return i16x8.sub(i16x8.add(sum, v128.xor(values, flip)), flip);
}

function signedAdd32(sum: v128, values: v128, flip: v128): v128 {
  return i32x4.sub(i32x4.add(sum, v128.xor(values, flip)), flip);
}
