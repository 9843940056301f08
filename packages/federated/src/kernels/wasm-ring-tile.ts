import { addResidual } from "../encoding/error-feedback.ts";
import { nonFiniteValue, requireGrid, requireQuantiseBuffers, requireScale } from "../encoding/quantiser.ts";
import { GROUP_VALUES, largestValue, packedSizeBytes, type RingBits } from "../encoding/ring.ts";
import type { Sign } from "../encoding/ring-arithmetic.ts";
import { bytesOf, type CopyBytes, setBytes } from "./copy-bytes.ts";
import {
  type RingTile,
  requireCapacity,
  requirePacked,
  requirePackedRows,
  requireQuantiseState,
  requireShape,
  requireValues,
  TILE_VALUES,
  type TileShape,
} from "./ring-tile.ts";
import { layoutTile, PACKED_ROWS, rowStrideBytes } from "./wasm-layout.ts";
import { instantiateKernels } from "./wasm-module.ts";

const VECTOR_BYTES = 16;
const NON_FINITE = -1;

/**
 * A tile whose loops are WebAssembly SIMD kernels over a memory of its own.
 *
 * @param copyBytes moves vectors in and out, which takes most of the time of a sum: a platform with a faster copy than
 *   `TypedArray.set`, which engines do word by word where memory is shared, gives its own.
 * @throws ArgumentError on a bad capacity.
 */
export function createRingTile(capacity = TILE_VALUES, copyBytes: CopyBytes = setBytes): RingTile {
  requireCapacity(capacity);
  const at = layoutTile(capacity);
  const { kernels, buffer } = instantiateKernels(at.sizeBytes);
  const bytes = new Uint8Array(buffer);
  const x = new Float32Array(buffer, at.x, capacity);
  const residuals = new Float32Array(buffer, at.residual, capacity);
  const elements = new Int32Array(buffer, at.values, capacity);
  const sums = new Float64Array(buffer, at.squares, 8);
  let shape: TileShape = { values: GROUP_VALUES, ringBits: 32 };
  let padded = GROUP_VALUES;
  let vectors = vectorsOf(padded, shape.ringBits);

  /** Fills rows of packed bytes and adds them, a few at a time. */
  function addRows(count: number, fill: (target: Uint8Array, row: number) => void, sign: Sign): void {
    const { values, ringBits } = shape;
    const sizeBytes = packedSizeBytes(values, ringBits);
    const stride = rowStrideBytes(sizeBytes);
    for (let first = 0; first < count; first += PACKED_ROWS) {
      const rows = Math.min(PACKED_ROWS, count - first);
      for (let row = 0; row < rows; row++) {
        const start = at.packed + row * stride;
        fill(bytes.subarray(start, start + sizeBytes), first + row);
      }
      kernels.accumulate(at.lanes, at.packed, rows, stride, vectors, ringBits, sign === 1 ? 0 : 1, at.scratch);
    }
  }

  return {
    capacity,
    reset(next) {
      requireShape(next, capacity);
      shape = next;
      padded = Math.ceil(next.values / GROUP_VALUES) * GROUP_VALUES;
      vectors = vectorsOf(padded, next.ringBits);
      bytes.fill(0, at.lanes, at.lanes + vectors * VECTOR_BYTES);
    },
    quantise(input, grid, rounding, { residual, squares } = {}) {
      requireValues(shape, input, "x");
      requireGrid(grid);
      requireQuantiseState(shape, grid, { ...(residual && { residual }), ...(squares && { squares }) });
      requireQuantiseBuffers(input, rounding, elements.subarray(0, shape.values));
      copyBytes(bytesOf(x.fill(0, shape.values, padded)), bytesOf(input));
      bytes.set(rounding, at.rounding);
      if (residual !== undefined) residuals.fill(0, shape.values, padded).set(residual);
      if (squares !== undefined) sums.set(squares);
      const saturated = kernels.quantise(
        at.x,
        at.rounding,
        at.values,
        residual === undefined ? 0 : at.residual,
        squares === undefined ? 0 : at.squares,
        padded,
        1 / grid.step,
        grid.step,
        largestValue(grid.valueBits),
        at.scratch,
      );
      if (saturated === NON_FINITE) {
        throw nonFiniteValue(
          residual === undefined ? input : addResidual(input, residual, new Float32Array(input.length)),
        );
      }
      residual?.set(residuals.subarray(0, shape.values));
      squares?.set(sums);
      kernels.setLanes(at.values, at.lanes, vectors, shape.ringBits);
      return saturated;
    },
    setValues(values) {
      requireValues(shape, values, "values");
      elements.fill(0, shape.values, padded).set(values);
      kernels.setLanes(at.values, at.lanes, vectors, shape.ringBits);
    },
    accumulate(packed, sign = 1) {
      requirePackedRows(shape, packed);
      addRows(packed.length, (target, row) => copyBytes(target, packed[row]!), sign);
    },
    accumulateStreams(streams, sign = 1) {
      // Straight into the kernels' memory: at these speeds one more copy counts.
      addRows(streams.length, (target, row) => streams[row]!(target), sign);
    },
    writePacked(out) {
      requirePacked(shape, out, "out");
      kernels.packLanes(at.lanes, at.packed, vectors, shape.ringBits, at.scratch);
      copyBytes(out, bytes.subarray(at.packed, at.packed + out.length));
    },
    writeValues(out) {
      requireValues(shape, out, "out");
      kernels.readLanes(at.lanes, at.values, vectors, shape.ringBits);
      out.set(elements.subarray(0, shape.values));
    },
    writeScaled(out, scale) {
      requireValues(shape, out, "out");
      requireScale(scale);
      kernels.readLanes(at.lanes, at.values, vectors, shape.ringBits);
      kernels.dequantise(at.values, at.x, padded, scale);
      copyBytes(bytesOf(out), bytesOf(x.subarray(0, shape.values)));
    },
  };
}

/** SIMD vectors that hold `padded` values in lanes of the ring's width: 16 lanes at b = 8, 8 up to b = 16, else 4. */
function vectorsOf(padded: number, bits: RingBits): number {
  const lanes = bits === 8 ? 16 : bits <= 16 ? 8 : 4;
  return Math.ceil(padded / lanes);
}
