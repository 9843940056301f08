import { requireArgument, requireInteger } from "../errors.ts";
import { bytesOf, type CopyBytes, setBytes } from "./copy-bytes.ts";
import { instantiateKernels } from "./wasm-module.ts";

/** Most vectors that one weighted sum takes. */
export const MAX_SUMMANDS = 256;

const WORK_BYTES = 512 * 1024;
const WEIGHTS_ADDRESS = 64;
const INPUTS_ADDRESS = WEIGHTS_ADDRESS + 8 * MAX_SUMMANDS;

/** Writes Σ weights[i]·inputs[i] to `out`: float64 products and sums in the order of the inputs, rounded once to float32. */
export type WeightedSum = (inputs: readonly Float32Array[], weights: readonly number[], out: Float32Array) => void;

/** The weighted sum in plain TypeScript, the twin of {@link createWeightedSum}. Throws ArgumentError as it does. */
export function plainWeightedSum(inputs: readonly Float32Array[], weights: readonly number[], out: Float32Array): void {
  requireSummands(inputs, weights, out);
  for (let k = 0; k < out.length; k++) {
    let sum = 0;
    for (let i = 0; i < inputs.length; i++) sum += weights[i]! * inputs[i]![k]!;
    out[k] = sum;
  }
}

/**
 * A weighted sum by a SIMD kernel, tile by tile through 512 KiB of its own memory, so that vectors may lie anywhere.
 *
 * The sum throws ArgumentError unless there are 1 to 256 inputs of the output's length and one finite weight for each.
 *
 * @param copyBytes as in `createRingTile`.
 */
export function createWeightedSum(copyBytes: CopyBytes = setBytes): WeightedSum {
  const { kernels, buffer } = instantiateKernels(INPUTS_ADDRESS + WORK_BYTES);
  const factors = new Float64Array(buffer, WEIGHTS_ADDRESS, MAX_SUMMANDS);
  return (inputs, weights, out) => {
    requireSummands(inputs, weights, out);
    factors.set(weights);
    const capacity = Math.floor(WORK_BYTES / 4 / (inputs.length + 1) / 16) * 16;
    const rows = Array.from({ length: inputs.length + 1 }, (_, i) => {
      return new Float32Array(buffer, INPUTS_ADDRESS + 4 * capacity * i, capacity);
    });
    const result = rows[inputs.length]!;
    for (let start = 0; start < out.length; start += capacity) {
      const values = Math.min(capacity, out.length - start);
      inputs.forEach((input, i) => {
        copyBytes(bytesOf(rows[i]!), bytesOf(input.subarray(start, start + values)));
      });
      const count = Math.ceil(values / 8) * 8;
      kernels.weightedSum(INPUTS_ADDRESS, 4 * capacity, inputs.length, WEIGHTS_ADDRESS, result.byteOffset, count);
      copyBytes(bytesOf(out.subarray(start, start + values)), bytesOf(result.subarray(0, values)));
    }
  };
}

function requireSummands(inputs: readonly Float32Array[], weights: readonly number[], out: Float32Array): void {
  requireInteger("inputs.length", inputs.length, 1, MAX_SUMMANDS);
  requireArgument(weights.length === inputs.length, "weights", weights, `${inputs.length} numbers, one for each input`);
  weights.forEach((weight, i) => {
    requireArgument(Number.isFinite(weight), `weights[${i}]`, weight, "finite");
  });
  inputs.forEach((input, i) => {
    requireArgument(input.length === out.length, `inputs[${i}]`, input, `${out.length} values like out`);
  });
}
