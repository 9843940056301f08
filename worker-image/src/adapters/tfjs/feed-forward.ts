import type { Tensor } from "@tensorflow/tfjs-node";
import type { Operations } from "./operations.ts";

/** Values of the forward pass that the backward pass reads. */
export type FeedForwardTrace = {
  readonly gate: Tensor;
  readonly up: Tensor;
  /** sigmoid(gate). */
  readonly gateSigmoid: Tensor;
  /** gate sigmoid(gate). */
  readonly gateSilu: Tensor;
};

/** Matrices of the feed-forward part, [outputs, inputs]. */
export type FeedForwardWeights = {
  /** Gate and up projections above one another. */
  readonly gateUp: Tensor;
  readonly down: Tensor;
  readonly innerWidth: number;
};

/** SwiGLU (Shazeer 2020, equation 6): down(silu(gate x) · up x). */
export function feedForward(
  ops: Operations,
  weights: FeedForwardWeights,
  x: Tensor,
): { readonly out: Tensor; readonly trace: FeedForwardTrace } {
  const both = ops.matMul(x, weights.gateUp, false, true);
  const [gate, up] = ops.split(both, [weights.innerWidth, weights.innerWidth], 1) as [Tensor, Tensor];
  const gateSigmoid = ops.sigmoid(gate);
  const gateSilu = ops.multiply(gate, gateSigmoid);
  const out = ops.matMul(ops.multiply(gateSilu, up), weights.down, false, true);
  return { out, trace: { gate, up, gateSigmoid, gateSilu } };
}

/** Gradient of {@link feedForward} by x. */
export function feedForwardGradient(
  ops: Operations,
  weights: FeedForwardWeights,
  trace: FeedForwardTrace,
  gradient: Tensor,
): Tensor {
  const dInner = ops.matMul(gradient, weights.down);
  const dUp = ops.multiply(dInner, trace.gateSilu);
  const dSilu = ops.multiply(dInner, trace.up);
  const throughSigmoid = ops.sigmoidGradient(trace.gateSigmoid, ops.multiply(dSilu, trace.gate));
  const dGate = ops.add(ops.multiply(dSilu, trace.gateSigmoid), throughSigmoid);
  return ops.matMul(ops.concatenate([dGate, dUp], 1), weights.gateUp);
}
