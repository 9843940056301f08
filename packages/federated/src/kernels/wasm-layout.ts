/** Where a tile's vectors lie in the memory of its kernels, in bytes. */
export interface TileLayout {
  /** float32: input of quantise, output of dequantise. */
  readonly x: number;
  /** float32: error feedback. */
  readonly residual: number;
  /** int32: quantised values, or values read from the lanes. */
  readonly values: number;
  /** Unsigned 16-bit draws. */
  readonly rounding: number;
  /** Sums in lanes of 8, 16 or 32 bits. */
  readonly lanes: number;
  /** Packed bytes going in or out: {@link PACKED_ROWS} rows. */
  readonly packed: number;
  /** Eight float64. */
  readonly squares: number;
  /** Room for the constants of a loop. */
  readonly scratch: number;
  /** End of the last region. */
  readonly sizeBytes: number;
}

/** Spare bytes after each region: vector loads reach past the last element, and b = 8 takes two groups at once. */
const SPARE_BYTES = 128;

const FIRST_ADDRESS = 64;

/** Rows of packed bytes that a kernel adds at once: more take no less time. */
export const PACKED_ROWS = 4;

const PAGE_BYTES = 4096;
const ROW_SHIFT_BYTES = 576;

/**
 * Bytes from row to row of packed bytes of a size.
 *
 * Not a multiple of 4 KiB: rows are read side by side, and addresses that are equal in their low twelve bits share one place in the
 * first-level cache. Measured: that doubles the time.
 */
export function rowStrideBytes(sizeBytes: number): number {
  return Math.ceil(sizeBytes / PAGE_BYTES) * PAGE_BYTES + ROW_SHIFT_BYTES;
}

/** Lays out the memory for tiles of `capacity` values; address 0 stays unused because it stands for "none". */
export function layoutTile(capacity: number): TileLayout {
  let sizeBytes = FIRST_ADDRESS;
  const region = (bytes: number) => {
    const start = sizeBytes;
    sizeBytes += Math.ceil((bytes + SPARE_BYTES) / 64) * 64;
    return start;
  };
  const x = region(4 * capacity);
  const residual = region(4 * capacity);
  const values = region(4 * capacity);
  const rounding = region(2 * capacity);
  const lanes = region(4 * capacity);
  const packed = region(PACKED_ROWS * rowStrideBytes(4 * capacity));
  const squares = region(64);
  const scratch = region(80);
  return { x, residual, values, rounding, lanes, packed, squares, scratch, sizeBytes };
}
