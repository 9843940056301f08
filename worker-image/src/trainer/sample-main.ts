import { basename, dirname } from "node:path";
import { parseArgs } from "node:util";
import { runMain } from "@tributary/kit";
import { createDecoder } from "../adapters/tfjs/create-decoder.ts";
import { GgufFile } from "../shared/gguf/gguf-file.ts";
import { decoderConfigOf } from "../shared/language-model/decoder-config.ts";
import { ggufWeights } from "../shared/language-model/decoder-weights.ts";
import { type LoraConfig, loraTargetsOf, parameterCount, parameterLayout } from "../shared/language-model/lora.ts";
import { readTensors } from "./contract/tensor-file.ts";
import { adapterVector } from "./language-modeling/adapter-vector.ts";
import { sampleText } from "./language-modeling/sample-text.ts";
import { BytePairTokenizer } from "./tokenizer/byte-pair-tokenizer.ts";

const options = {
  model: { type: "string" },
  adapter: { type: "string", multiple: true },
  rank: { type: "string", default: "8" },
  alpha: { type: "string" },
  targets: { type: "string", default: "q_proj,v_proj" },
  seed: { type: "string", default: "1" },
  prompt: { type: "string", multiple: true },
  tokens: { type: "string", default: "40" },
  temperature: { type: "string", default: "0.8" },
} as const;

/**
 * Continues prompts with a base model, and with it and each adapter given: what a run of the demo changed, in words. Prints one
 * JSON object a line: prompt, adapter (null for the base model), text.
 */
runMain("sample", async () => {
  const { values } = parseArgs({ options });
  const rank = Number(values.rank);
  using base = GgufFile.open(values.model ?? "");
  const config = decoderConfigOf(base.metadata);
  const tokenizer = BytePairTokenizer.fromMetadata(base.metadata);
  const targets = loraTargetsOf(values.targets.split(","));
  const lora: LoraConfig = { rank, alpha: Number(values.alpha ?? 2 * rank), targets, seed: BigInt(values.seed) };
  const layout = parameterLayout(config, lora);
  using model = await createDecoder(config, lora, ggufWeights(base, config));
  const settings = {
    tokens: Number(values.tokens),
    temperature: Number(values.temperature),
    topK: 40,
    seed: lora.seed,
  };
  for (const prompt of values.prompt ?? []) {
    for (const adapter of [null, ...(values.adapter ?? [])]) {
      const parameters =
        adapter === null
          ? new Float32Array(parameterCount(layout))
          : adapterVector(layout, await readTensors(dirname(adapter), basename(adapter), new Uint8Array()));
      const added = sampleText(model, parameters, tokenizer.encode(prompt), tokenizer.endOfTextId, settings);
      process.stdout.write(`${JSON.stringify({ prompt, adapter, text: tokenizer.decode(added) })}\n`);
    }
  }
});
