import type { trainerV1 } from "@tributary/contracts";
import { taskRules } from "@tributary/contracts/fields";
import { TributaryError } from "@tributary/kit";
import { type LoraConfig, loraTargetsOf } from "../../shared/language-model/lora.ts";
import { readHyperparameters } from "../hyperparameters.ts";
import type { AdamWSettings } from "../optimiser/adam-w.ts";

/** How language modelling is done in a job. */
export type LanguageModelingSettings = {
  readonly adamW: AdamWSettings;
  readonly clipNorm: number;
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly validationPassages: number;
  readonly lora: LoraConfig;
  readonly basePath: string;
};

/**
 * Reads the settings of a language-modelling job from its registration.
 * @throws TributaryError that names the field and what this trainer supports
 */
export function languageModelingSettings(job: trainerV1.RegisterResponse): LanguageModelingSettings {
  const numbers = readHyperparameters(job.hyperparameters, taskRules["language-modeling"]);
  const { baseModel, adapter } = job;
  if (baseModel === undefined || baseModel.format !== "gguf") {
    const found = baseModel === undefined ? "absent" : `in the format ${JSON.stringify(baseModel.format)}`;
    throw new TributaryError(
      "TRAINER_MODEL_INVALID",
      `the base model is ${found}; language-modeling needs a GGUF file`,
    );
  }
  if (adapter === undefined || adapter.type !== "LoRA" || (adapter.rule !== "" && adapter.rule !== "FreezeA")) {
    const found = adapter === undefined ? "absent" : `${adapter.type} with the rule ${adapter.rule}`;
    throw new TributaryError(
      "TRAINER_HYPERPARAMETER_INVALID",
      `the adapter is ${found}; this trainer does LoRA with FreezeA`,
    );
  }
  const { learningRate, beta1, beta2, epsilon, weightDecay, ...rest } = numbers;
  return {
    ...rest,
    adamW: { learningRate, beta1, beta2, epsilon, weightDecay },
    lora: {
      rank: adapter.rank,
      alpha: adapter.alpha > 0 ? adapter.alpha : 2 * adapter.rank,
      targets: loraTargetsOf(adapter.targets),
      seed: job.seed,
    },
    basePath: baseModel.path,
  };
}
