/**
 * Sets of parties as bitmaps over the roster: rank r (place by ascending id) is bit `r % 8` of byte `r / 8`, least significant first.
 */

/** The bitmap of `size` bits with the given ranks set. */
export function bitmapOf(ranks: Iterable<number>, size: number): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(size / 8));
  for (const rank of ranks) bitmap[rank >> 3]! |= 1 << (rank & 7);
  return bitmap;
}

/** True when the bit of `rank` is set. */
export function hasRank(bitmap: Uint8Array, rank: number): boolean {
  return (((bitmap[rank >> 3] ?? 0) >> (rank & 7)) & 1) === 1;
}

/** The ranks whose bits are set, ascending. */
export function ranksOf(bitmap: Uint8Array): number[] {
  const ranks: number[] = [];
  for (let rank = 0; rank < 8 * bitmap.length; rank++) if (hasRank(bitmap, rank)) ranks.push(rank);
  return ranks;
}

/** True when every rank of `inner` is in `outer`. */
export function isSubset(inner: Uint8Array, outer: Uint8Array): boolean {
  return inner.length === outer.length && inner.every((byte, index) => (byte & ~outer[index]!) === 0);
}

/** True for the one encoding of a set over `size` parties: exact length, no bit beyond the roster. */
export function isCanonicalBitmap(bitmap: Uint8Array, size: number): boolean {
  if (bitmap.length !== Math.ceil(size / 8)) return false;
  return size % 8 === 0 || bitmap[bitmap.length - 1]! >> (size % 8) === 0;
}
