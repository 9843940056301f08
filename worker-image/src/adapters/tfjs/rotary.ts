import type { Tensor } from "@tensorflow/tfjs-node";
import type { DecoderConfig } from "../../shared/language-model/decoder-config.ts";
import type { TensorFlow } from "./load-tensorflow.ts";
import type { Operations } from "./operations.ts";

/** Factors of the rotation, [count, length, heads + 2 kvHeads, 2, headWidth / 2]. */
export type RotaryTables = { readonly cosine: Tensor; readonly signedSine: Tensor };

/**
 * Tables that rotate queries and keys by their position (Su et al. 2021, section 3.2.2, halves of a head against each other) and leave values alone.
 * The attention scale 1 / √headWidth is in the queries' factors.
 */
export function rotaryTables(tf: TensorFlow, config: DecoderConfig, count: number, length: number): RotaryTables {
  const { heads, kvHeads, headWidth } = config;
  const rows = heads + 2 * kvHeads;
  const half = headWidth / 2;
  const sequenceValues = length * rows * headWidth;
  const cosine = new Float32Array(count * sequenceValues);
  const sine = new Float32Array(count * sequenceValues);
  let at = 0;
  for (let position = 0; position < length; position++) {
    for (let row = 0; row < rows; row++) {
      const scale = row < heads ? 1 / Math.sqrt(headWidth) : 1;
      const isRotated = row < heads + kvHeads;
      for (let index = 0; index < headWidth; index++, at++) {
        const angle = isRotated ? position * config.ropeBase ** (-(index % half) / half) : 0;
        cosine[at] = scale * Math.cos(angle);
        sine[at] = scale * Math.sin(angle) * (index < half ? -1 : 1);
      }
    }
  }
  for (let copy = 1; copy < count; copy++) {
    cosine.copyWithin(copy * sequenceValues, 0, sequenceValues);
    sine.copyWithin(copy * sequenceValues, 0, sequenceValues);
  }
  const shape = [count, length, rows, 2, half];
  return { cosine: tf.tensor(cosine, shape), signedSine: tf.tensor(sine, shape) };
}

const halvesAxis = 3;

/** Rotates [count, length, rows, 2, headWidth / 2]: (a, b) becomes (a cos - b sin, b cos + a sin). */
export function rotate(ops: Operations, tables: RotaryTables, x: Tensor): Tensor {
  return ops.add(ops.multiply(x, tables.cosine), ops.multiply(ops.reverse(x, halvesAxis), tables.signedSine));
}

/** Gradient of {@link rotate} by its input. */
export function rotateGradient(ops: Operations, tables: RotaryTables, gradient: Tensor): Tensor {
  return ops.add(
    ops.multiply(gradient, tables.cosine),
    ops.reverse(ops.multiply(gradient, tables.signedSine), halvesAxis),
  );
}
