import { ggufError } from "../gguf/byte-cursor.ts";
import { countOf, type Metadata, type MetadataValue, numberOf, textOf, textsOf } from "../gguf/metadata.ts";

/** Sizes of a Llama-style decoder (Touvron et al. 2023: RMSNorm, rotary positions, SwiGLU; Ainslie et al. 2023: grouped queries). */
export type DecoderConfig = {
  /** Number of layers. */
  readonly layers: number;
  /** Width of the residual stream. */
  readonly width: number;
  /** Number of query heads. */
  readonly heads: number;
  /** Number of key and value heads; divides `heads`. */
  readonly kvHeads: number;
  /** Width of one head, even. */
  readonly headWidth: number;
  /** Inner width of the feed-forward part. */
  readonly feedForwardWidth: number;
  /** Number of tokens. */
  readonly vocabulary: number;
  /** Longest sequence, in tokens. */
  readonly contextLength: number;
  /** Base of the rotary frequencies. */
  readonly ropeBase: number;
  /** Added to the mean square in RMSNorm. */
  readonly normEpsilon: number;
};

/** The RoPE base of the first Llama, which files leave out. */
const defaultRopeBase = 10_000;

/** Keys of the architecture that the decoder follows. */
const followed = [
  "block_count",
  "embedding_length",
  "attention.head_count",
  "attention.head_count_kv",
  "rope.dimension_count",
  "feed_forward_length",
  "vocab_size",
  "context_length",
  "rope.freq_base",
  "attention.layer_norm_rms_epsilon",
];

/**
 * Reads the sizes from the metadata of a GGUF file of architecture `llama`.
 * @throws TributaryError that names the key that is absent, contradicts another, or asks for what this decoder does not do
 */
export function decoderConfigOf(metadata: Metadata): DecoderConfig {
  const architecture = textOf(metadata, "general.architecture");
  if (architecture !== "llama") throw ggufError("metadata general.architecture", `is ${architecture}, expected llama`);
  const count = (key: string, absent?: number) => countOf(metadata, `llama.${key}`, absent);
  const width = count("embedding_length");
  const heads = count("attention.head_count");
  const config: DecoderConfig = {
    layers: count("block_count"),
    width,
    heads,
    kvHeads: count("attention.head_count_kv", heads),
    headWidth: count("rope.dimension_count", width / heads),
    feedForwardWidth: count("feed_forward_length"),
    vocabulary: count("vocab_size", textsOf(metadata, "tokenizer.ggml.tokens").length),
    contextLength: count("context_length"),
    ropeBase: positiveOf(metadata, "llama.rope.freq_base", defaultRopeBase),
    normEpsilon: positiveOf(metadata, "llama.attention.layer_norm_rms_epsilon"),
  };
  if (config.headWidth * heads !== width || config.headWidth % 2 !== 0) {
    throw ggufError(
      "metadata llama.rope.dimension_count",
      `is ${config.headWidth}, expected ${width} / ${heads}, even`,
    );
  }
  if (heads % config.kvHeads !== 0) {
    throw ggufError("metadata llama.attention.head_count_kv", `is ${config.kvHeads}, expected a divisor of ${heads}`);
  }
  requireFollowed(metadata, config);
  return config;
}

/** What a key says that the decoder would pass over must change nothing, else the model would be another one. */
function requireFollowed(metadata: Metadata, { headWidth, vocabulary }: DecoderConfig): void {
  const harmless: Readonly<Record<string, MetadataValue>> = {
    "attention.key_length": headWidth,
    "attention.value_length": headWidth,
    "attention.causal": true,
    "rope.scaling.type": "none",
    "rope.scaling.factor": 1,
    "rope.scale_linear": 1,
    expert_count: 0,
  };
  for (const [key, value] of metadata) {
    const [prefix, ...rest] = key.split(".");
    const name = rest.join(".");
    if (prefix !== "llama" || followed.includes(name)) continue;
    if (Object.hasOwn(harmless, name) && harmless[name] === value) continue;
    const wanted = Object.hasOwn(harmless, name) ? `, expected ${harmless[name]}` : "";
    throw ggufError(`metadata ${key}`, `is ${String(value)}, which this decoder does not follow${wanted}`);
  }
  const tokens = textsOf(metadata, "tokenizer.ggml.tokens").length;
  if (tokens > vocabulary)
    throw ggufError("metadata tokenizer.ggml.tokens", `names ${tokens} tokens, the model has ${vocabulary}`);
}

function positiveOf(metadata: Metadata, key: string, absent?: number): number {
  if (absent !== undefined && !metadata.has(key)) return absent;
  const value = numberOf(metadata, key);
  if (value > 0 && Number.isFinite(value)) return value;
  throw ggufError(`metadata ${key}`, `is ${value}, expected a number above 0`);
}
