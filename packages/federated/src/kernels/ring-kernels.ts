import { GROUP_VALUES, packedSizeBytes, type RingBits } from "../encoding/ring.ts";
import type { Sign } from "../encoding/ring-arithmetic.ts";
import { requireArgument } from "../errors.ts";
import type { RingTile } from "./ring-tile.ts";
import { createRingTile } from "./wasm-ring-tile.ts";

/** SIMD twins of the functions of the same shape in `encoding/`, for vectors of any length. */
export interface RingKernels {
  /** As `packRing`. */
  pack(values: Int32Array, bits: RingBits, out?: Uint8Array): Uint8Array;
  /** As `unpackRing`. */
  unpack(packed: Uint8Array, bits: RingBits, out: Int32Array): Int32Array;
  /** As `accumulatePacked`; also fits `maskChunk`. */
  accumulate(sum: Uint8Array, addend: Uint8Array, bits: RingBits, sign?: Sign): Uint8Array;
}

/** Makes kernels that work through a tile; they throw ArgumentError as their plain twins do. */
export function createRingKernels(tile: RingTile = createRingTile()): RingKernels {
  /** Runs `step` for each run of values that fits the tile, with the bytes that those values have in a packed vector. */
  function inTiles(
    values: number,
    ringBits: RingBits,
    step: (start: number, end: number, bytes: [number, number]) => void,
  ) {
    for (let start = 0; start < values; start += tile.capacity) {
      const end = Math.min(values, start + tile.capacity);
      tile.reset({ values: end - start, ringBits });
      step(start, end, [packedSizeBytes(start, ringBits), packedSizeBytes(end, ringBits)]);
    }
  }

  return {
    pack(values, bits, out = new Uint8Array(packedSizeBytes(values.length, bits))) {
      const sizeBytes = packedSizeBytes(values.length, bits);
      requireArgument(out.length === sizeBytes, "out", out, `${sizeBytes} bytes for ${values.length} values`);
      inTiles(values.length, bits, (start, end, bytes) => {
        tile.setValues(values.subarray(start, end));
        tile.writePacked(out.subarray(...bytes));
      });
      return out;
    },
    unpack(packed, bits, out) {
      const sizeBytes = packedSizeBytes(out.length, bits);
      requireArgument(packed.length === sizeBytes, "packed", packed, `${sizeBytes} bytes for ${out.length} values`);
      inTiles(out.length, bits, (start, end, bytes) => {
        tile.accumulate([packed.subarray(...bytes)]);
        tile.writeValues(out.subarray(start, end));
      });
      return out;
    },
    accumulate(sum, addend, bits, sign = 1) {
      requireArgument(sum.length % bits === 0, "sum", sum, `a multiple of ${bits} bytes (groups of eight values)`);
      requireArgument(addend.length === sum.length, "addend", addend, `${sum.length} bytes like the sum`);
      inTiles((sum.length / bits) * GROUP_VALUES, bits, (_start, _end, bytes) => {
        tile.accumulate([sum.subarray(...bytes)]);
        tile.accumulate([addend.subarray(...bytes)], sign);
        tile.writePacked(sum.subarray(...bytes));
      });
      return sum;
    },
  };
}
