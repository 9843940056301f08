import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GgufFile } from "../gguf/gguf-file.ts";
import { type Metadata, type MetadataValue, textsOf } from "../gguf/metadata.ts";
import type { PlainMetadata, PlainTensor } from "../gguf/write-gguf.ts";
import { decoderConfigOf } from "./decoder-config.ts";
import { ggufWeights } from "./decoder-weights.ts";
import { toyConfig, toyModelGguf } from "./toy-model.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "decoder-weights-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function openToy(more: { metadata?: PlainMetadata; tensors?: readonly PlainTensor[] } = {}): GgufFile {
  const path = join(folder, "toy.gguf");
  writeFileSync(path, toyModelGguf(1, toyConfig, more));
  return GgufFile.open(path);
}

const vector = (name: string, length: number) => ({ name, shape: [length], values: new Float32Array(length).fill(2) });

describe("what a model file says that the decoder would pass over", () => {
  it.each(["blk.0.attn_q.bias", "blk.1.ffn_down.bias", "rope_freqs.weight", "blk.2.attn_q.weight", "output.bias"])(
    "is refused: tensor %s",
    (name) => {
      using file = openToy({ tensors: [vector(name, 4)] });
      expect(() => ggufWeights(file, decoderConfigOf(file.metadata))).toThrow(
        `tensor ${name}: is none that this decoder`,
      );
    },
  );

  it.each<readonly [string, string | number]>([
    ["llama.rope.scaling.type", "yarn"],
    ["llama.rope.scaling.factor", 4],
    ["llama.attention.sliding_window", 4096],
    ["llama.expert_count", 8],
    ["llama.attention.key_length", 64],
    ["llama.logit_scale", 2],
  ])("is refused: key %s of %s", (key, value) => {
    using file = openToy({ metadata: { [key]: value } });
    expect(() => decoderConfigOf(file.metadata)).toThrow(
      `metadata ${key}: is ${value}, which this decoder does not follow`,
    );
  });

  it("is taken where it changes nothing", () => {
    const metadata = { "llama.rope.scaling.type": "none", "llama.attention.key_length": toyConfig.headWidth };
    using file = openToy({ metadata });
    expect(decoderConfigOf(file.metadata)).toEqual(toyConfig);
  });
});

it("a model that is wider than its tokens is taken, as those whose vocabulary is padded are", () => {
  const path = join(folder, "padded.gguf");
  writeFileSync(path, toyModelGguf(1, { ...toyConfig, vocabulary: 264 }));
  using file = GgufFile.open(path);
  expect(textsOf(file.metadata, "tokenizer.ggml.tokens")).toHaveLength(260);
  const config = decoderConfigOf(file.metadata);
  expect(config.vocabulary).toBe(264);
  expect(ggufWeights(file, config).embedding()).toHaveLength(264 * toyConfig.width);
});

describe("keys of the decoder's sizes", () => {
  function metadataWith(changes: Readonly<Record<string, MetadataValue | undefined>>): Metadata {
    using file = openToy();
    const entries = Object.entries({ ...Object.fromEntries(file.metadata), ...changes });
    return new Map(entries.filter((entry): entry is [string, MetadataValue] => entry[1] !== undefined));
  }

  it.each([
    { left: "llama.attention.head_count_kv", want: { kvHeads: toyConfig.heads } },
    { left: "llama.rope.dimension_count", want: { headWidth: toyConfig.headWidth } },
    { left: "llama.rope.freq_base", want: { ropeBase: 10_000 } },
    { left: "llama.vocab_size", want: { vocabulary: toyConfig.vocabulary } },
  ])("have ggml's default where $left is left out", ({ left, want }) => {
    expect(decoderConfigOf(metadataWith({ [left]: undefined }))).toMatchObject(want);
  });

  it.each<readonly [string, MetadataValue, string]>([
    ["llama.block_count", 0, "is 0, expected a whole number from 1 up"],
    ["llama.block_count", 1.5, "is 1.5, expected a whole number from 1 up"],
    ["llama.context_length", -1, "is -1, expected a whole number from 1 up"],
    ["llama.rope.freq_base", Number.NaN, "is NaN, expected a number above 0"],
    ["llama.vocab_size", 100, "metadata tokenizer.ggml.tokens: names 260 tokens, the model has 100"],
  ])("are refused: %s of %s", (key, value, want) => {
    expect(() => decoderConfigOf(metadataWith({ [key]: value }))).toThrow(want);
  });
});

it("an output projection of its own is read, and a tied one is none", () => {
  const { vocabulary, width } = toyConfig;
  using tied = openToy();
  expect(ggufWeights(tied, toyConfig).output()).toBeUndefined();
  const output = {
    name: "output.weight",
    shape: [vocabulary, width],
    values: new Float32Array(vocabulary * width).fill(3),
  };
  using untied = openToy({ tensors: [output] });
  expect(ggufWeights(untied, toyConfig).output()).toEqual(output.values);
});

it("layers without tensors end with the first one that is not there, however many the file claims", () => {
  using file = openToy();
  const config = { ...toyConfig, layers: 2 ** 40 };
  expect(() => ggufWeights(file, config)).toThrow("tensor blk.2.attn_norm.weight: is not in the file");
  expect(() => ggufWeights(file, { ...toyConfig, layers: 1 })).toThrow("tensor blk.1.attn_norm.weight: is none that");
});
