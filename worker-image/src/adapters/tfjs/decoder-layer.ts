import type { Tensor } from "@tensorflow/tfjs-node";
import { type AttentionShape, type AttentionTrace, attend, attendGradient } from "./attention.ts";
import { type FeedForwardTrace, type FeedForwardWeights, feedForward, feedForwardGradient } from "./feed-forward.ts";
import type { Operations } from "./operations.ts";
import { type Normed, rmsNorm, rmsNormGradient } from "./rms-norm.ts";

/** Frozen tensors of one layer, matrices as [outputs, inputs]. */
export type LayerTensors = FeedForwardWeights & {
  readonly qkv: Tensor;
  readonly attentionOut: Tensor;
  /** A of every adapter above one another, with the norm's gain multiplied in: [targets rank, width]. */
  readonly adapterA: Tensor;
};

/** What the backward pass of one layer reads. */
export type LayerTrace = {
  readonly attentionNorm: Normed;
  /** Normed input times Aᵀ: [tokens, targets rank]. */
  readonly lowRank: Tensor;
  readonly attention: AttentionTrace;
  readonly feedForwardNorm: Normed;
  readonly feedForward: FeedForwardTrace;
};

/**
 * One decoder layer: x + attention(norm x), then + feed-forward(norm).
 * @param adapterB scaled B of every adapter, block by block: [rows of qkv, targets rank]
 */
export function decoderLayer(
  ops: Operations,
  shape: AttentionShape,
  weights: LayerTensors,
  adapterB: Tensor,
  x: Tensor,
): { readonly out: Tensor; readonly trace: LayerTrace } {
  const { normEpsilon } = shape.config;
  const attentionNorm = rmsNorm(ops, x, normEpsilon);
  const lowRank = ops.matMul(attentionNorm.normed, weights.adapterA, false, true);
  const base = ops.matMul(attentionNorm.normed, weights.qkv, false, true);
  const attended = attend(ops, shape, ops.add(base, ops.matMul(lowRank, adapterB, false, true)));
  const middle = ops.add(x, ops.matMul(attended.mixed, weights.attentionOut, false, true));
  const feedForwardNorm = rmsNorm(ops, middle, normEpsilon);
  const fed = feedForward(ops, weights, feedForwardNorm.normed);
  return {
    out: ops.add(middle, fed.out),
    trace: { attentionNorm, lowRank, attention: attended.trace, feedForwardNorm, feedForward: fed.trace },
  };
}

/**
 * Gradients of {@link decoderLayer} by its input and by the scaled B. Frozen matrices get none, which halves the work.
 * @param isFirst nothing trained lies below the first layer, so its gradient by the input is left out
 */
export function decoderLayerGradient(
  ops: Operations,
  shape: AttentionShape,
  weights: LayerTensors,
  adapterB: Tensor,
  trace: LayerTrace,
  gradient: Tensor,
  isFirst: boolean,
): { readonly byInput: Tensor | undefined; readonly byB: Tensor } {
  const dFed = feedForwardGradient(ops, weights, trace.feedForward, gradient);
  const dMiddle = ops.add(gradient, rmsNormGradient(ops, trace.feedForwardNorm, dFed));
  const dMixed = ops.matMul(dMiddle, weights.attentionOut);
  const dQkv = attendGradient(ops, shape, trace.attention, dMixed);
  const byB = ops.matMul(dQkv, trace.lowRank, true, false);
  if (isFirst) return { byInput: undefined, byB };
  const throughAdapter = ops.matMul(ops.matMul(dQkv, adapterB), weights.adapterA);
  const dNormed = ops.add(ops.matMul(dQkv, weights.qkv), throughAdapter);
  return { byInput: ops.add(dMiddle, rmsNormGradient(ops, trace.attentionNorm, dNormed)), byB };
}
