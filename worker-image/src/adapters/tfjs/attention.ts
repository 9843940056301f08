import type { Tensor } from "@tensorflow/tfjs-node";
import type { DecoderConfig } from "../../shared/language-model/decoder-config.ts";
import type { TensorFlow } from "./load-tensorflow.ts";
import type { Operations } from "./operations.ts";
import { type RotaryTables, rotaryTables, rotate, rotateGradient } from "./rotary.ts";

/** What attention over a batch of one shape needs: sizes, rotation, causal mask. */
export type AttentionShape = {
  readonly config: DecoderConfig;
  readonly count: number;
  readonly length: number;
  readonly tables: RotaryTables;
  /** 0 where a query may look, -1e9 where it may not; [1, group length, length]. */
  readonly mask: Tensor;
};

/** Values of the forward pass that the backward pass reads; all [count kvHeads, rows, headWidth or length]. */
export type AttentionTrace = {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly weights: Tensor;
};

const hidden = -1e9;

/** Makes the tables for batches of `count` sequences of `length` tokens. */
export function attentionShape(tf: TensorFlow, config: DecoderConfig, count: number, length: number): AttentionShape {
  const group = config.heads / config.kvHeads;
  const mask = new Float32Array(group * length * length);
  for (let row = 0; row < group * length; row++) {
    mask.fill(hidden, row * length + (row % length) + 1, (row + 1) * length);
  }
  return {
    config,
    count,
    length,
    tables: rotaryTables(tf, config, count, length),
    mask: tf.tensor(mask, [1, group * length, length]),
  };
}

/**
 * Causal attention with grouped queries (Ainslie et al. 2023): the queries that share a key head are stacked as rows of one
 * product, so keys and values are never repeated.
 * @param qkv stacked projections, [count length, (heads + 2 kvHeads) headWidth]
 * @returns mixed values, [count length, heads headWidth], and the trace
 */
export function attend(ops: Operations, shape: AttentionShape, qkv: Tensor): { mixed: Tensor; trace: AttentionTrace } {
  const { config, count, length } = shape;
  const { heads, kvHeads, headWidth } = config;
  const rows = heads + 2 * kvHeads;
  const rotated = rotate(ops, shape.tables, ops.reshape(qkv, [count, length, rows, 2, headWidth / 2]));
  const byHead = ops.transpose(ops.reshape(rotated, [count, length, rows, headWidth]), [0, 2, 1, 3]);
  const [q, k, v] = ops.split(byHead, [heads, kvHeads, kvHeads], 1);
  const query = ops.reshape(q!, [count * kvHeads, (heads / kvHeads) * length, headWidth]);
  const key = ops.reshape(k!, [count * kvHeads, length, headWidth]);
  const value = ops.reshape(v!, [count * kvHeads, length, headWidth]);
  const weights = ops.softmax(ops.add(ops.matMul(query, key, false, true), shape.mask));
  const mixed = ops.reshape(ops.matMul(weights, value), [count, heads, length, headWidth]);
  return {
    mixed: ops.reshape(ops.transpose(mixed, [0, 2, 1, 3]), [count * length, heads * headWidth]),
    trace: { query, key, value, weights },
  };
}

/** Gradient of {@link attend} by the stacked projections, from the gradient by the mixed values. */
export function attendGradient(
  ops: Operations,
  shape: AttentionShape,
  trace: AttentionTrace,
  gradient: Tensor,
): Tensor {
  const { config, count, length } = shape;
  const { heads, kvHeads, headWidth } = config;
  const group = heads / kvHeads;
  const byHead = ops.transpose(ops.reshape(gradient, [count, length, heads, headWidth]), [0, 2, 1, 3]);
  const dMixed = ops.reshape(byHead, [count * kvHeads, group * length, headWidth]);
  const dWeights = ops.matMul(dMixed, trace.value, false, true);
  const dValue = ops.matMul(trace.weights, dMixed, true, false);
  const along = ops.sumOfRows(ops.multiply(dWeights, trace.weights));
  const dScores = ops.multiply(trace.weights, ops.subtract(dWeights, along));
  const dQuery = ops.matMul(dScores, trace.key);
  const dKey = ops.matMul(dScores, trace.query, true, false);
  const kvShape = [count, kvHeads, length, headWidth];
  const parts = [
    ops.reshape(dQuery, [count, heads, length, headWidth]),
    ops.reshape(dKey, kvShape),
    ops.reshape(dValue, kvShape),
  ];
  const rows = heads + 2 * kvHeads;
  const byToken = ops.transpose(ops.concatenate(parts, 1), [0, 2, 1, 3]);
  const dRotated = ops.reshape(byToken, [count, length, rows, 2, headWidth / 2]);
  return ops.reshape(rotateGradient(ops, shape.tables, dRotated), [count * length, rows * headWidth]);
}
