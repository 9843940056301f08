import type { Grid } from "../encoding/quantiser.ts";
import { GROUP_VALUES, packedSizeBytes, type RingBits, requireRingBits } from "../encoding/ring.ts";
import type { Sign } from "../encoding/ring-arithmetic.ts";
import { requireArgument, requireInteger } from "../errors.ts";

/** Values of a full tile: its keystream is 48 KiB at b = 12 and 128 KiB at b = 32, its memory fits a second-level cache. */
export const TILE_VALUES = 32_768;

/** Fills `target` with the next bytes of a stream. */
export type ByteStream = (target: Uint8Array) => void;

/** How many elements a tile holds at the moment and in which ring. */
export interface TileShape {
  /** From 1 to the tile's capacity; the last group of eight is completed with zeros. */
  readonly values: number;
  readonly ringBits: RingBits;
}

/** What quantising may carry from call to call. */
export interface QuantiseState {
  /** Error feedback: added to x before rounding and replaced by what rounding left over. */
  readonly residual?: Float32Array;
  /** Eight running sums of squares of what was rounded; see `addSquares`. */
  readonly squares?: Float64Array;
}

/**
 * A cache-sized run of ring elements: values are quantised into it, packed vectors and masks are added to it, sums are read from it.
 *
 * One for each thread; it is memory to work in, not state to keep. Every implementation gives the same bits.
 */
export interface RingTile {
  /** Most values of a tile, a multiple of eight. */
  readonly capacity: number;
  /** Starts over with elements that are all zero; ArgumentError when the shape does not fit. */
  reset(shape: TileShape): void;
  /**
   * Sets the elements to the grid values of x, as `quantise` does; two bytes of `rounding` a value.
   *
   * @returns how many values were clamped.
   * @throws ArgumentError on a value that is not finite, a bad grid or a wrong length; residual and squares are then unchanged.
   */
  quantise(x: Float32Array, grid: Grid, rounding: Uint8Array, state?: QuantiseState): number;
  /** Sets the elements to residues of `values`, one for each. */
  setValues(values: Int32Array): void;
  /** Adds (or subtracts) the tiles of other packed vectors; several at once take less time than one by one. */
  accumulate(packed: readonly Uint8Array[], sign?: Sign): void;
  /** Adds (or subtracts) the next bytes of each stream, as many as the packed tile has: masks. */
  accumulateStreams(streams: readonly ByteStream[], sign?: Sign): void;
  /** Writes the packed elements, `packedSizeBytes` of the shape. */
  writePacked(out: Uint8Array): void;
  /** Writes the elements as signed integers. */
  writeValues(out: Int32Array): void;
  /** Writes the elements times `scale`, as `dequantise` does. */
  writeScaled(out: Float32Array, scale: number): void;
}

/** Refuses a shape that does not fit a tile of `capacity` values; throws ArgumentError. */
export function requireShape(shape: TileShape, capacity: number): void {
  requireInteger("values", shape.values, 1, capacity);
  requireRingBits(shape.ringBits);
}

/** Refuses a capacity that is not a multiple of eight from 8 to 2^20; throws ArgumentError. */
export function requireCapacity(capacity: number): void {
  requireInteger("capacity", capacity, GROUP_VALUES, 2 ** 20);
  requireArgument(capacity % GROUP_VALUES === 0, "capacity", capacity, `a multiple of ${GROUP_VALUES}`);
}

/** Refuses packed bytes that are not as many as the shape has; throws ArgumentError naming `argument`. */
export function requirePacked(shape: TileShape, packed: Uint8Array, argument: string): void {
  const sizeBytes = packedSizeBytes(shape.values, shape.ringBits);
  requireArgument(packed.length === sizeBytes, argument, packed, `${sizeBytes} bytes for ${shape.values} values`);
}

/** Refuses packed vectors of which one is not as long as the shape's; throws ArgumentError naming its place. */
export function requirePackedRows(shape: TileShape, packed: readonly Uint8Array[]): void {
  packed.forEach((row, i) => {
    requirePacked(shape, row, `packed[${i}]`);
  });
}

/** Refuses a vector that is not as long as the shape; throws ArgumentError naming `argument`. */
export function requireValues(shape: TileShape, vector: Float32Array | Int32Array, argument: string): void {
  requireArgument(vector.length === shape.values, argument, vector, `${shape.values} values`);
}

/** Refuses state or value bits that do not fit the shape; throws ArgumentError. */
export function requireQuantiseState(shape: TileShape, grid: Grid, state: QuantiseState): void {
  const { residual, squares } = state;
  const most = shape.ringBits;
  requireArgument(grid.valueBits <= most, "valueBits", grid.valueBits, `at most ${most}, the ring's bits`);
  if (residual !== undefined) requireValues(shape, residual, "residual");
  if (squares !== undefined) requireArgument(squares.length === 8, "squares", squares, "8 values");
}
