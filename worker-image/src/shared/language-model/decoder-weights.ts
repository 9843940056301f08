import { ggufError } from "../gguf/byte-cursor.ts";
import type { GgufFile } from "../gguf/gguf-file.ts";
import type { DecoderConfig } from "./decoder-config.ts";

/** Weights of one layer, row-major, matrices as [outputs, inputs]. Norm gains are already multiplied into the matrices that read the normed vector. */
export type LayerWeights = {
  /** Query, key and value projections above one another: [(heads + 2 kvHeads) headWidth, width]. */
  readonly qkv: Float32Array;
  /** Output projection of attention: [width, heads headWidth]. */
  readonly attentionOut: Float32Array;
  /** Gate and up projections above one another: [2 feedForwardWidth, width]. */
  readonly gateUp: Float32Array;
  /** Down projection: [width, feedForwardWidth]. */
  readonly down: Float32Array;
  /** Gain of the norm before attention: [width]; an adapter's A reads the vector after it. */
  readonly attentionGain: Float32Array;
};

/** Where a decoder's weights come from; asked for one layer at a time so that memory stays bounded. */
export type WeightSource = {
  /** Token embedding: [vocabulary, width]. */
  readonly embedding: () => Float32Array;
  /** Output projection, [vocabulary, width]; undefined where the embedding serves as it too. */
  readonly output: () => Float32Array | undefined;
  /** Gain of the last norm: [width]. */
  readonly outputGain: () => Float32Array;
  /** Weights of one layer. */
  readonly layer: (index: number) => LayerWeights;
};

const untiedOutput = "output.weight";
const soleTensors = ["token_embd.weight", "output_norm.weight"];
const layerTensor = /^blk\.(0|[1-9]\d*)\.(.*)\.weight$/su;
const layerTensors = [
  "attn_norm",
  "attn_q",
  "attn_k",
  "attn_v",
  "attn_output",
  "ffn_gate",
  "ffn_up",
  "ffn_norm",
  "ffn_down",
];

/**
 * Reads a decoder's weights from a GGUF file, with the tensor names of llama.cpp.
 * @throws TributaryError that names a tensor which is not there, or which this decoder would pass over: without a bias or a rope
 * factor the model would be another one
 */
export function ggufWeights(file: GgufFile, config: DecoderConfig): WeightSource {
  const { width, heads, kvHeads, headWidth, feedForwardWidth } = config;
  const kvWidth = kvHeads * headWidth;
  const names = new Set(file.tensorShapes.map(({ name }) => name));
  requireFollowedTensors(names, config);
  return {
    embedding: () => file.readTensor("token_embd.weight", [config.vocabulary, width]),
    output: () => (names.has(untiedOutput) ? file.readTensor(untiedOutput, [config.vocabulary, width]) : undefined),
    outputGain: () => file.readTensor("output_norm.weight", [width]),
    layer: (index) => {
      const read = (name: string, shape: number[]) => file.readTensor(`blk.${index}.${name}.weight`, shape);
      const attentionGain = read("attn_norm", [width]);
      const query = unpermuteHeads(read("attn_q", [width, width]), heads, headWidth, width);
      const key = unpermuteHeads(read("attn_k", [kvWidth, width]), kvHeads, headWidth, width);
      const qkv = stack(query, key, read("attn_v", [kvWidth, width]));
      const inner = [feedForwardWidth, width];
      return {
        qkv: scaleColumns(qkv, attentionGain),
        attentionOut: read("attn_output", [width, width]),
        gateUp: scaleColumns(stack(read("ffn_gate", inner), read("ffn_up", inner)), read("ffn_norm", [width])),
        down: read("ffn_down", [width, feedForwardWidth]),
        attentionGain,
      };
    },
  };
}

/** Ends with the first tensor that is not there: a number of layers is quickly written, and has no bound but the file's tensors. */
function requireFollowedTensors(names: ReadonlySet<string>, { layers }: DecoderConfig): void {
  for (const name of names) {
    const [, layer = "", part = ""] = layerTensor.exec(name) ?? [];
    const isOfLayer = layerTensors.includes(part) && Number(layer) < layers;
    if (isOfLayer || soleTensors.includes(name) || name === untiedOutput) continue;
    throw ggufError(`tensor ${name}`, "is none that this decoder follows");
  }
  const require = (name: string) => {
    if (!names.has(name)) throw ggufError(`tensor ${name}`, "is not in the file");
  };
  for (const name of soleTensors) require(name);
  for (let layer = 0; layer < layers; layer++) for (const part of layerTensors) require(`blk.${layer}.${part}.weight`);
}

/**
 * Undoes llama.cpp's row order. Its converter interleaves the two halves of each head (row 2i is i of the first half, row 2i + 1
 * is i of the second), because ggml rotates neighbours; here the halves are rotated against each other.
 * @param rows the matrix of [heads headWidth, columns]
 */
export function unpermuteHeads(rows: Float32Array, heads: number, headWidth: number, columns: number): Float32Array {
  const out = new Float32Array(rows.length);
  const half = headWidth / 2;
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < headWidth; row++) {
      const from = head * headWidth + 2 * (row % half) + Math.floor(row / half);
      out.set(rows.subarray(from * columns, (from + 1) * columns), (head * headWidth + row) * columns);
    }
  }
  return out;
}

/** Puts matrices of the same number of columns above one another. */
export function stack(...parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Multiplies column j of a row-major matrix by `gains[j]`, in place: W diag(g) x = W (g x). */
export function scaleColumns(matrix: Float32Array, gains: Float32Array): Float32Array {
  for (let start = 0; start < matrix.length; start += gains.length) {
    for (let column = 0; column < gains.length; column++) matrix[start + column]! *= gains[column]!;
  }
  return matrix;
}
