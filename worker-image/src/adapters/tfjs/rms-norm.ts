import type { Tensor } from "@tensorflow/tfjs-node";
import type { Operations } from "./operations.ts";

/** A normed vector and what its backward pass needs. */
export type Normed = {
  /** x / √(mean x² + ε); the gain is multiplied into the matrix that reads it. */
  readonly normed: Tensor;
  /** 1 / √(mean x² + ε), one a row. */
  readonly inverseRms: Tensor;
};

/** Root-mean-square norm of each row (Zhang and Sennrich 2019, equation 4), without gain. */
export function rmsNorm(ops: Operations, x: Tensor, epsilon: number): Normed {
  const inverseRms = ops.reciprocalRoot(ops.add(ops.meanOfRows(ops.square(x)), ops.scalar(epsilon)));
  return { normed: ops.multiply(x, inverseRms), inverseRms };
}

/** Gradient by x: (dy - y mean(dy y)) / rms, row by row. */
export function rmsNormGradient(ops: Operations, { normed, inverseRms }: Normed, gradient: Tensor): Tensor {
  const along = ops.meanOfRows(ops.multiply(gradient, normed));
  return ops.multiply(ops.subtract(gradient, ops.multiply(normed, along)), inverseRms);
}
