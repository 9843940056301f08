import { ggufError } from "../gguf/byte-cursor.ts";
import { type Metadata, numberOf, textOf } from "../gguf/metadata.ts";

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

/**
 * Reads the sizes from the metadata of a GGUF file of architecture `llama`.
 * @throws TributaryError that names the key that is absent or contradicts another
 */
export function decoderConfigOf(metadata: Metadata): DecoderConfig {
  const architecture = textOf(metadata, "general.architecture");
  if (architecture !== "llama") throw ggufError("metadata general.architecture", `is ${architecture}, expected llama`);
  const number = (key: string) => numberOf(metadata, `llama.${key}`);
  const width = number("embedding_length");
  const heads = number("attention.head_count");
  const config: DecoderConfig = {
    layers: number("block_count"),
    width,
    heads,
    kvHeads: number("attention.head_count_kv"),
    headWidth: number("rope.dimension_count"),
    feedForwardWidth: number("feed_forward_length"),
    vocabulary: number("vocab_size"),
    contextLength: number("context_length"),
    ropeBase: number("rope.freq_base"),
    normEpsilon: number("attention.layer_norm_rms_epsilon"),
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
  return config;
}
