import type { Tensor, Tensor2D } from "@tensorflow/tfjs-node";
import type { DecoderConfig } from "../../shared/language-model/decoder-config.ts";
import { scaleColumns, stack, type WeightSource } from "../../shared/language-model/decoder-weights.ts";
import type { LanguageModel, LossSum, TokenBatch } from "../../shared/language-model/language-model.ts";
import {
  frozenA,
  type LoraConfig,
  type ParameterEntry,
  parameterCount,
  parameterLayout,
} from "../../shared/language-model/lora.ts";
import { addBlockGradient, blockB, qkvRows } from "./adapter-blocks.ts";
import { type AttentionShape, attentionShape } from "./attention.ts";
import { decoderLayer, decoderLayerGradient, type LayerTensors, type LayerTrace } from "./decoder-layer.ts";
import type { TensorFlow } from "./load-tensorflow.ts";
import { Operations } from "./operations.ts";
import { type Normed, rmsNorm, rmsNormGradient } from "./rms-norm.ts";

/** Rows of logits computed at once: a row is `vocabulary` floats, 0.2 MB in SmolLM2, and its gradient as much again. */
const logitRowsAtOnce = 128;

/** Rotation tables and masks kept for batches of different shapes; training and evaluation use two. */
const maxShapes = 4;

type Activations = { readonly last: Tensor; readonly traces: readonly LayerTrace[] };

/** A Llama-style decoder with low-rank adapters in TensorFlow.js, with a backward pass written by hand. */
export class TensorFlowDecoder implements LanguageModel {
  readonly parameterCount: number;
  readonly #tf: TensorFlow;
  readonly #ops: Operations;
  readonly #config: DecoderConfig;
  readonly #lora: LoraConfig;
  readonly #entries: readonly ParameterEntry[][];
  readonly #embedding: Tensor;
  /** The embedding itself where the model ties them. */
  readonly #output: Tensor;
  readonly #outputGain: Tensor;
  readonly #layers: readonly LayerTensors[];
  readonly #shapes = new Map<string, AttentionShape>();

  /** Loads the frozen weights, one layer at a time. */
  constructor(tf: TensorFlow, config: DecoderConfig, lora: LoraConfig, weights: WeightSource) {
    const layout = parameterLayout(config, lora);
    this.parameterCount = parameterCount(layout);
    this.#tf = tf;
    this.#ops = new Operations(tf);
    this.#config = config;
    this.#lora = lora;
    this.#entries = Array.from({ length: config.layers }, (_, layer) =>
      layout.filter((entry) => entry.layer === layer),
    );
    this.#embedding = tf.tensor(weights.embedding(), [config.vocabulary, config.width]);
    const output = weights.output();
    this.#output = output === undefined ? this.#embedding : tf.tensor(output, [config.vocabulary, config.width]);
    this.#outputGain = tf.tensor(weights.outputGain(), [config.width]);
    this.#layers = Array.from({ length: config.layers }, (_, layer) => this.#loadLayer(weights, layer));
  }

  #loadLayer(weights: WeightSource, index: number): LayerTensors {
    const { width, feedForwardWidth } = this.#config;
    const { rank, targets } = this.#lora;
    const layer = weights.layer(index);
    const a = stack(...targets.map((target) => frozenA(this.#lora, index, target, width)));
    const tensor = (values: Float32Array, rows: number) => this.#tf.tensor(values, [rows, values.length / rows]);
    return {
      qkv: tensor(layer.qkv, qkvRows(this.#config)),
      attentionOut: tensor(layer.attentionOut, width),
      gateUp: tensor(layer.gateUp, 2 * feedForwardWidth),
      down: tensor(layer.down, width),
      innerWidth: feedForwardWidth,
      adapterA: tensor(scaleColumns(a, layer.attentionGain), targets.length * rank),
    };
  }

  /** @inheritdoc */
  losses(parameters: Float32Array, batch: TokenBatch): Float32Array {
    return this.#tf.tidy(() => {
      const { normed } = this.#finalNorm(this.#forward(parameters, inputsOf(batch), false).last);
      return this.#crossEntropy(normed, targetsOf(batch)).losses;
    });
  }

  /** @inheritdoc */
  lossAndGradient(parameters: Float32Array, batch: TokenBatch): LossSum & { readonly gradient: Float32Array } {
    return this.#tf.tidy(() => {
      const inputs = inputsOf(batch);
      const targets = targetsOf(batch);
      const activations = this.#forward(parameters, inputs, true);
      const norm = this.#finalNorm(activations.last);
      const { losses, byNormed } = this.#crossEntropy(norm.normed, targets, true);
      const lossSum = losses.reduce((sum, loss) => sum + loss, 0);
      const mean = this.#ops.scalar(1 / targets.length);
      const byNorm = this.#ops.multiply(this.#ops.multiply(byNormed!, this.#outputGain), mean);
      const gradient = this.#backward(parameters, inputs, activations, rmsNormGradient(this.#ops, norm, byNorm));
      return { lossSum, predictions: targets.length, gradient };
    });
  }

  /** @inheritdoc */
  nextTokenLogits(parameters: Float32Array, batch: TokenBatch): Float32Array {
    return this.#tf.tidy(() => {
      const { last } = this.#forward(parameters, batch, false);
      const lastRows = Int32Array.from({ length: batch.count }, (_, index) => (index + 1) * batch.length - 1);
      const rows = this.#ops.gatherRows(last, this.#tf.tensor1d(lastRows, "int32"));
      return this.#logits(this.#finalNorm(rows).normed).dataSync() as Float32Array;
    });
  }

  #forward(parameters: Float32Array, batch: TokenBatch, keepTraces: boolean): Activations {
    const shape = this.#shapeFor(batch);
    const traces: LayerTrace[] = [];
    let x = this.#ops.gatherRows(this.#embedding, this.#tf.tensor1d(batch.ids, "int32"));
    for (const [index, weights] of this.#layers.entries()) {
      const below = x;
      const { out, trace } = this.#tf.tidy(() => {
        const layer = decoderLayer(this.#ops, shape, weights, this.#blockB(parameters, index), below);
        return keepTraces ? layer : { out: layer.out, trace: undefined };
      });
      if (trace !== undefined) traces.push(trace);
      x = out;
    }
    return { last: x, traces };
  }

  #backward(parameters: Float32Array, batch: TokenBatch, { traces }: Activations, byOutput: Tensor): Float32Array {
    const shape = this.#shapeFor(batch);
    const gradient = new Float32Array(this.parameterCount);
    let above = byOutput;
    for (let index = this.#layers.length - 1; index >= 0; index--) {
      const weights = this.#layers[index]!;
      const b = this.#blockB(parameters, index);
      const { byInput, byB } = this.#tf.tidy(() =>
        decoderLayerGradient(this.#ops, shape, weights, b, traces[index]!, above, index === 0),
      );
      const blocks = byB.dataSync() as Float32Array;
      addBlockGradient(this.#config, this.#lora, this.#entries[index]!, blocks, gradient);
      if (byInput !== undefined) above = byInput;
    }
    return gradient;
  }

  #blockB(parameters: Float32Array, layer: number): Tensor {
    const rows = qkvRows(this.#config);
    const values = blockB(this.#config, this.#lora, this.#entries[layer]!, parameters);
    return this.#tf.tensor(values, [rows, values.length / rows]);
  }

  #finalNorm(x: Tensor): Normed {
    return rmsNorm(this.#ops, x, this.#config.normEpsilon);
  }

  #logits(normed: Tensor): Tensor {
    return this.#ops.matMul(this.#ops.multiply(normed, this.#outputGain), this.#output, false, true);
  }

  /** Losses by row, and on demand their gradient by the normed rows times the output gain, a bounded number of rows at a time. */
  #crossEntropy(
    normed: Tensor,
    targets: Int32Array,
    withGradient = false,
  ): { losses: Float32Array; byNormed?: Tensor } {
    const losses = new Float32Array(targets.length);
    const gradients: Tensor[] = [];
    for (let from = 0; from < targets.length; from += logitRowsAtOnce) {
      const count = Math.min(logitRowsAtOnce, targets.length - from);
      const part = this.#tf.tidy(() => {
        const rows = this.#tf.slice(normed as Tensor2D, [from, 0], [count, -1]);
        const labels = this.#tf.tensor1d(targets.subarray(from, from + count), "int32");
        const entropy = this.#ops.crossEntropy(this.#logits(rows), labels);
        losses.set(entropy.losses.dataSync(), from);
        return withGradient ? this.#ops.matMul(entropy.gradient, this.#output) : this.#ops.scalar(0);
      });
      gradients.push(part);
    }
    if (!withGradient) return { losses };
    return { losses, byNormed: gradients.length === 1 ? gradients[0]! : this.#ops.concatenate(gradients, 0) };
  }

  #shapeFor({ count, length }: TokenBatch): AttentionShape {
    const key = `${count}x${length}`;
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    if (this.#shapes.size >= maxShapes) this.#dropShapes();
    const shape = attentionShape(this.#tf, this.#config, count, length);
    for (const tensor of [shape.mask, shape.tables.cosine, shape.tables.signedSine]) this.#tf.keep(tensor);
    this.#shapes.set(key, shape);
    return shape;
  }

  #dropShapes(): void {
    for (const shape of this.#shapes.values())
      this.#tf.dispose([shape.mask, shape.tables.cosine, shape.tables.signedSine]);
    this.#shapes.clear();
  }

  /** Frees every tensor. */
  [Symbol.dispose](): void {
    this.#dropShapes();
    this.#tf.dispose([this.#embedding, this.#outputGain]);
    if (this.#output !== this.#embedding) this.#tf.dispose(this.#output);
    for (const { qkv, attentionOut, gateUp, down, adapterA } of this.#layers) {
      this.#tf.dispose([qkv, attentionOut, gateUp, down, adapterA]);
    }
    this.#ops.dispose();
  }
}

/** Every token of each sequence but the last. */
function inputsOf({ ids, count, length }: TokenBatch): TokenBatch {
  return { ids: columns(ids, count, length, 0), count, length: length - 1 };
}

/** Every token of each sequence but the first: what the inputs predict. */
function targetsOf({ ids, count, length }: TokenBatch): Int32Array {
  return columns(ids, count, length, 1);
}

function columns(ids: Int32Array, count: number, length: number, from: number): Int32Array {
  const out = new Int32Array(count * (length - 1));
  for (let row = 0; row < count; row++) {
    out.set(ids.subarray(row * length + from, row * length + from + length - 1), row * (length - 1));
  }
  return out;
}
