import type { DecoderConfig } from "../../shared/language-model/decoder-config.ts";
import type { WeightSource } from "../../shared/language-model/decoder-weights.ts";
import type { LanguageModel } from "../../shared/language-model/language-model.ts";
import type { LoraConfig } from "../../shared/language-model/lora.ts";

/** Loads TensorFlow.js and makes a decoder on it. TensorFlow is imported here and not before. */
export async function createDecoder(
  config: DecoderConfig,
  lora: LoraConfig,
  weights: WeightSource,
): Promise<LanguageModel> {
  const [{ loadTensorFlow }, { TensorFlowDecoder }] = await Promise.all([
    import("./load-tensorflow.ts"),
    import("./decoder.ts"),
  ]);
  return new TensorFlowDecoder(await loadTensorFlow(), config, lora, weights);
}
