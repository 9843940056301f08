import { addResidual, residualOf } from "../encoding/error-feedback.ts";
import { packRing, unpackRing } from "../encoding/packing.ts";
import { dequantise, quantise } from "../encoding/quantiser.ts";
import { GROUP_VALUES, packedSizeBytes, toSigned } from "../encoding/ring.ts";
import { accumulateRing } from "../encoding/ring-arithmetic.ts";
import { addSquares } from "../encoding/squared-norm.ts";
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

/** A tile in plain TypeScript: slow, and the measure that the SIMD tile is compared with. Throws ArgumentError on a bad capacity. */
export function createPlainRingTile(capacity = TILE_VALUES): RingTile {
  requireCapacity(capacity);
  let shape: TileShape = { values: GROUP_VALUES, ringBits: 32 };
  const memory = new Int32Array(capacity);
  const scratch = new Int32Array(capacity);
  /** All elements, those that complete the last group included: a mask reaches them too. */
  const elements = () => memory.subarray(0, Math.ceil(shape.values / GROUP_VALUES) * GROUP_VALUES);
  const signed = () => scratch.subarray(0, shape.values).fill(0);

  return {
    capacity,
    reset(next) {
      requireShape(next, capacity);
      shape = next;
      memory.fill(0);
    },
    quantise(x, grid, rounding, state = {}) {
      requireValues(shape, x, "x");
      requireQuantiseState(shape, grid, state);
      const { residual, squares } = state;
      const input = residual === undefined ? x : addResidual(x, residual, new Float32Array(x.length));
      const q = new Int32Array(x.length);
      const saturated = quantise(input, grid, rounding, q);
      if (squares !== undefined) addSquares(input, squares);
      if (residual !== undefined) residualOf(input, q, grid.step, residual);
      memory.fill(0).set(q);
      return saturated;
    },
    setValues(values) {
      requireValues(shape, values, "values");
      memory.fill(0).set(values);
    },
    accumulateStreams(streams, sign) {
      const packed = new Uint8Array(packedSizeBytes(shape.values, shape.ringBits));
      for (const stream of streams) {
        stream(packed);
        this.accumulate([packed], sign);
      }
    },
    accumulate(packed, sign = 1) {
      requirePackedRows(shape, packed);
      const sum = elements();
      for (const row of packed) {
        accumulateRing(sum, unpackRing(row, shape.ringBits, scratch.subarray(0, sum.length)), sign);
      }
    },
    writePacked(out) {
      requirePacked(shape, out, "out");
      packRing(elements(), shape.ringBits, out);
    },
    writeValues(out) {
      requireValues(shape, out, "out");
      for (let i = 0; i < out.length; i++) out[i] = toSigned(memory[i]!, shape.ringBits);
    },
    writeScaled(out, scale) {
      const values = signed();
      this.writeValues(values);
      dequantise(values, scale, out);
    },
  };
}
