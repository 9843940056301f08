import { type Grid, nonFiniteValue, ROUNDING_BYTES } from "../encoding/quantiser.ts";
import { packedSizeBytes, type RingBits } from "../encoding/ring.ts";
import { requireChunkOffset, type Sign } from "../encoding/ring-arithmetic.ts";
import { isArgumentError, requireArgument } from "../errors.ts";
import type { ByteStream, RingTile } from "./ring-tile.ts";

/** A keystream that is added to or subtracted from a chunk, at the chunk's place in its segment. */
export interface Mask {
  readonly stream: ByteStream;
  readonly sign: Sign;
}

/** A chunk of one party's update on its way into a report. */
export interface EncodeWork {
  readonly x: Float32Array;
  readonly grid: Grid;
  readonly ringBits: RingBits;
  /** Draws of stochastic rounding, two bytes a value. */
  readonly rounding: ByteStream;
  /** None when reports travel without masks. */
  readonly masks: readonly Mask[];
  /** Receives `packedSizeBytes(x.length, ringBits)` bytes. */
  readonly out: Uint8Array;
  /** First value of the chunk within its segment, a multiple of eight. */
  readonly offset: number;
  /** Error feedback, replaced by what is left over; on an error it is undefined from the failing tile on. */
  readonly residual?: Float32Array;
  /** Eight running sums of squares. */
  readonly squares?: Float64Array;
}

/** The same chunk of several packed vectors on its way into one sum. */
export interface SumWork {
  readonly inputs: readonly Uint8Array[];
  readonly masks: readonly Mask[];
  readonly ringBits: RingBits;
  readonly values: number;
  /** Receives the packed sum; may be one of the inputs. */
  readonly out: Uint8Array;
}

/** A chunk of a packed sum on its way back to numbers. */
export interface DecodeWork {
  readonly packed: Uint8Array;
  /** Masks still in the sum; their signs say how to take them out. */
  readonly masks: readonly Mask[];
  readonly ringBits: RingBits;
  /** See `dequantise`. */
  readonly scale: number;
  readonly out: Float32Array;
}

/**
 * Quantises, masks and packs a chunk, tile by tile. Any split of a segment into chunks gives the same bytes.
 *
 * @returns how many values were clamped.
 * @throws ArgumentError on a value that is not finite (named by its place in the segment), a bad grid or a wrong length.
 */
export function encodeChunk(tile: RingTile, work: EncodeWork): number {
  const { x, grid, ringBits, rounding, masks, out, offset, residual, squares } = work;
  requireChunkOffset(offset);
  requireSize("out", out, x.length, ringBits);
  const draws = new Uint8Array(ROUNDING_BYTES * Math.min(tile.capacity, x.length));
  let saturated = 0;
  for (let start = 0; start < x.length; start += tile.capacity) {
    const values = x.subarray(start, start + tile.capacity);
    const left = residual?.subarray(start, start + tile.capacity);
    const drawn = draws.subarray(0, ROUNDING_BYTES * values.length);
    rounding(drawn);
    tile.reset({ values: values.length, ringBits });
    try {
      const state = { ...(left && { residual: left }), ...(squares && { squares }) };
      saturated += tile.quantise(values, grid, drawn, state);
    } catch (error) {
      const named = isArgumentError(error) && !values.every(Number.isFinite);
      throw named ? nonFiniteValue(values, offset + start) : error;
    }
    accumulateMasks(tile, masks);
    tile.writePacked(packedTile(out, start, values.length, ringBits));
  }
  return saturated;
}

/** Adds packed chunks and masks into one packed chunk, tile by tile; ArgumentError when a length differs. */
export function sumChunks(tile: RingTile, work: SumWork): void {
  const { inputs, masks, ringBits, values, out } = work;
  requireSize("out", out, values, ringBits);
  inputs.forEach((input, i) => {
    requireSize(`inputs[${i}]`, input, values, ringBits);
  });
  for (let start = 0; start < values; start += tile.capacity) {
    const length = Math.min(tile.capacity, values - start);
    tile.reset({ values: length, ringBits });
    tile.accumulate(inputs.map((input) => packedTile(input, start, length, ringBits)));
    accumulateMasks(tile, masks);
    tile.writePacked(packedTile(out, start, length, ringBits));
  }
}

/** Takes the masks out of a packed chunk and scales its signed values to float32; ArgumentError when a length differs. */
export function decodeChunk(tile: RingTile, work: DecodeWork): void {
  const { packed, masks, ringBits, scale, out } = work;
  requireSize("packed", packed, out.length, ringBits);
  for (let start = 0; start < out.length; start += tile.capacity) {
    const length = Math.min(tile.capacity, out.length - start);
    tile.reset({ values: length, ringBits });
    tile.accumulate([packedTile(packed, start, length, ringBits)]);
    accumulateMasks(tile, masks);
    tile.writeScaled(out.subarray(start, start + length), scale);
  }
}

function accumulateMasks(tile: RingTile, masks: readonly Mask[]): void {
  for (const sign of [1, -1] as const) {
    const streams = masks.filter((mask) => mask.sign === sign).map(({ stream }) => stream);
    tile.accumulateStreams(streams, sign);
  }
}

function packedTile(packed: Uint8Array, start: number, values: number, bits: RingBits): Uint8Array {
  const first = packedSizeBytes(start, bits);
  return packed.subarray(first, first + packedSizeBytes(values, bits));
}

function requireSize(argument: string, packed: Uint8Array, values: number, bits: RingBits): void {
  const sizeBytes = packedSizeBytes(values, bits);
  requireArgument(packed.length === sizeBytes, argument, packed, `${sizeBytes} bytes for ${values} values`);
}
