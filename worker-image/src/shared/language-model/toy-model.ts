import { ggufBytes, type PlainMetadata, type PlainTensor } from "../gguf/write-gguf.ts";
import type { DecoderConfig } from "./decoder-config.ts";
import { DeterministicStream } from "./deterministic-stream.ts";

/** Sizes of the toy decoder: two layers, grouped queries, everything else as small as it can be. */
export const toyConfig: DecoderConfig = {
  layers: 2,
  width: 16,
  heads: 4,
  kvHeads: 2,
  headWidth: 4,
  feedForwardWidth: 24,
  vocabulary: 260,
  contextLength: 64,
  ropeBase: 10_000.5,
  normEpsilon: 9.999999747378752e-6,
};

/**
 * A GGUF file of a decoder at toy size with random weights and a byte tokenizer with four merges. It runs through the same code as a
 * real model and has learnt nothing.
 * @param seed another seed gives other weights
 * @param more tensors and metadata that the file holds besides
 */
export function toyModelGguf(
  seed: number,
  config: DecoderConfig = toyConfig,
  more: { readonly metadata?: PlainMetadata; readonly tensors?: readonly PlainTensor[] } = {},
): Buffer {
  const stream = new DeterministicStream(`tributary/v1/toy-model/seed=${seed}`);
  const random = (name: string, shape: number[], center = 0): PlainTensor => {
    const length = shape.reduce((product, size) => product * size, 1);
    const spread = center === 0 ? 2 / Math.sqrt(shape.at(-1)!) : 0.5;
    const values = Float32Array.from({ length }, () => center + spread * (stream.nextWord() / 2 ** 31 - 1));
    return { name, shape, values };
  };
  const { width, feedForwardWidth } = config;
  const kvWidth = config.kvHeads * config.headWidth;
  const tensors = [random("token_embd.weight", [config.vocabulary, width]), random("output_norm.weight", [width], 1)];
  for (let layer = 0; layer < config.layers; layer++) {
    const named = (name: string) => `blk.${layer}.${name}.weight`;
    tensors.push(
      random(named("attn_norm"), [width], 1),
      random(named("attn_q"), [width, width]),
      random(named("attn_k"), [kvWidth, width]),
      random(named("attn_v"), [kvWidth, width]),
      random(named("attn_output"), [width, width]),
      random(named("ffn_norm"), [width], 1),
      random(named("ffn_gate"), [feedForwardWidth, width]),
      random(named("ffn_up"), [feedForwardWidth, width]),
      random(named("ffn_down"), [width, feedForwardWidth]),
    );
  }
  return ggufBytes({ ...toyMetadata(config), ...more.metadata }, [...tensors, ...(more.tensors ?? [])]);
}

function toyMetadata(config: DecoderConfig) {
  const merges = ["t h", "th e", "Ġ the", "i n"];
  const characters = byteCharacters();
  const tokens = [...characters, ...merges.map((merge) => merge.replace(" ", ""))];
  return {
    "general.architecture": "llama",
    "llama.block_count": config.layers,
    "llama.embedding_length": config.width,
    "llama.attention.head_count": config.heads,
    "llama.attention.head_count_kv": config.kvHeads,
    "llama.rope.dimension_count": config.headWidth,
    "llama.feed_forward_length": config.feedForwardWidth,
    "llama.vocab_size": config.vocabulary,
    "llama.context_length": config.contextLength,
    "llama.rope.freq_base": config.ropeBase,
    "llama.attention.layer_norm_rms_epsilon": config.normEpsilon,
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "smollm",
    "tokenizer.ggml.tokens": tokens,
    "tokenizer.ggml.merges": merges,
    "tokenizer.ggml.eos_token_id": 0,
  };
}

/** The 256 characters of GPT-2's byte alphabet, by code point: printable Latin-1, then U+0100 to U+0143. */
function byteCharacters(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  const printable = Array.from({ length: 256 }, (_, byte) => byte).filter(isPrintable);
  const shifted = Array.from({ length: 256 - printable.length }, (_, index) => 0x100 + index);
  return [...printable, ...shifted].map((code) => String.fromCharCode(code));
}
