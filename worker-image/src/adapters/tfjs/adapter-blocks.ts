import type { DecoderConfig } from "../../shared/language-model/decoder-config.ts";
import { type LoraConfig, type ParameterEntry, targetRows } from "../../shared/language-model/lora.ts";

/** Rows of the stacked query, key and value projection. */
export function qkvRows(config: DecoderConfig): number {
  return (config.heads + 2 * config.kvHeads) * config.headWidth;
}

/**
 * Writes the B matrices of one layer as one matrix [rows of qkv, targets rank]: each target's B at its own rows and
 * columns, times alpha / rank, zero elsewhere. Adding (x Aᵀ) times its transpose adapts all targets at once.
 */
export function blockB(
  config: DecoderConfig,
  lora: LoraConfig,
  entries: readonly ParameterEntry[],
  parameters: Float32Array,
): Float32Array {
  const columns = lora.targets.length * lora.rank;
  const scale = lora.alpha / lora.rank;
  const out = new Float32Array(qkvRows(config) * columns);
  for (const entry of entries) {
    const { from, count } = targetRows(config, entry.target);
    const firstColumn = lora.targets.indexOf(entry.target) * lora.rank;
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < lora.rank; column++) {
        out[(from + row) * columns + firstColumn + column] =
          scale * parameters[entry.offset + row * lora.rank + column]!;
      }
    }
  }
  return out;
}

/** Adds the blocks of a gradient by {@link blockB}'s result to the flat gradient of the parameters. */
export function addBlockGradient(
  config: DecoderConfig,
  lora: LoraConfig,
  entries: readonly ParameterEntry[],
  blocks: Float32Array,
  gradient: Float32Array,
): void {
  const columns = lora.targets.length * lora.rank;
  const scale = lora.alpha / lora.rank;
  for (const entry of entries) {
    const { from, count } = targetRows(config, entry.target);
    const firstColumn = lora.targets.indexOf(entry.target) * lora.rank;
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < lora.rank; column++) {
        gradient[entry.offset + row * lora.rank + column]! +=
          scale * blocks[(from + row) * columns + firstColumn + column]!;
      }
    }
  }
}
