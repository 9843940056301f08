import { requireArgument } from "../errors.ts";

/** Independent partial sums of {@link addSquares}, one for each position of a value in its group of eight. */
export const SQUARE_LANES = 8;

/**
 * Adds the squares of `x` to eight running sums in double: lane k takes the values at positions ≡ k mod 8.
 *
 * Chunks that start at multiples of eight values give exactly the sums of the whole vector, which one running sum in SIMD would not.
 *
 * @throws ArgumentError unless `lanes` has eight values.
 */
export function addSquares(x: Float32Array, lanes: Float64Array): Float64Array {
  requireArgument(lanes.length === SQUARE_LANES, "lanes", lanes, `${SQUARE_LANES} values`);
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    lanes[i % SQUARE_LANES]! += value * value;
  }
  return lanes;
}

/** The squared norm from its lanes, added in lane order. */
export function squaredNormOf(lanes: Float64Array): number {
  return lanes.reduce((sum, lane) => sum + lane, 0);
}
