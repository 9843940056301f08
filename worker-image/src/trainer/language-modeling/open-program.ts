import { join } from "node:path";
import type { trainerV1 } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { createDecoder } from "../../adapters/tfjs/create-decoder.ts";
import { GgufFile } from "../../shared/gguf/gguf-file.ts";
import { decoderConfigOf } from "../../shared/language-model/decoder-config.ts";
import { ggufWeights } from "../../shared/language-model/decoder-weights.ts";
import { parameterLayout } from "../../shared/language-model/lora.ts";
import { readDataSet } from "../data/read-data-set.ts";
import type { TrainerProgram } from "../program.ts";
import { BytePairTokenizer } from "../tokenizer/byte-pair-tokenizer.ts";
import { languageModelingProgram } from "./language-modeling-program.ts";
import { languageModelingSettings } from "./settings.ts";

/**
 * Opens base model, tokenizer and data set of a job and loads the weights.
 * @throws TributaryError that names the field, file or tensor at fault
 */
export async function openLanguageModelingProgram(job: trainerV1.RegisterResponse): Promise<TrainerProgram> {
  const settings = languageModelingSettings(job);
  using base = GgufFile.open(settings.basePath);
  const config = decoderConfigOf(base.metadata);
  if (settings.sequenceLength > config.contextLength) {
    const message = `hyperparameters.sequenceLength is ${settings.sequenceLength}, the model's context has ${config.contextLength} tokens`;
    throw new TributaryError("TRAINER_HYPERPARAMETER_INVALID", message);
  }
  const weights = ggufWeights(base, config);
  const tokenizer = BytePairTokenizer.fromMetadata(base.metadata);
  const worker = { index: job.workerIndex, count: job.workerCount };
  const passages = await readDataSet({
    directory: job.datasetPath,
    scratch: join(job.volumePath, "passages"),
    passageTokens: settings.sequenceLength,
    worker,
    vocabulary: tokenizer.vocabularySize,
    encode: (text) => tokenizer.encode(text),
  });
  const model = await createDecoder(config, settings.lora, weights);
  const layout = parameterLayout(config, settings.lora);
  return languageModelingProgram({
    model,
    layout,
    passages,
    settings,
    participant: job.participant,
    workerIndex: job.workerIndex,
  });
}
