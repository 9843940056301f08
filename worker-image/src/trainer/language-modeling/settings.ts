import type { trainerV1 } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { type LoraConfig, loraTargetsOf } from "../../shared/language-model/lora.ts";
import { readHyperparameters } from "../hyperparameters.ts";
import type { AdamWSettings } from "../optimiser/adam-w.ts";

const rules = {
  learningRate: { fallback: 1e-3, min: 1e-8, max: 1 },
  beta1: { fallback: 0.9, min: 0, max: 0.999999 },
  beta2: { fallback: 0.999, min: 0, max: 0.999999 },
  epsilon: { fallback: 1e-8, min: 1e-16, max: 1 },
  weightDecay: { fallback: 0, min: 0, max: 1 },
  /** Largest norm of a step's gradient. */
  clipNorm: { fallback: 1, min: 1e-6, max: 1e6 },
  /** Passages in the batch of one local step. */
  batchSize: { fallback: 1, min: 1, max: 1024, whole: true },
  /** Tokens of a passage. */
  sequenceLength: { fallback: 64, min: 2, max: 8192, whole: true },
  /** Held-out passages that a worker evaluates in a round, its first ones; 0 for all. */
  validationPassages: { fallback: 0, min: 0, max: 1_000_000, whole: true },
} as const;

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
  const numbers = readHyperparameters(job.hyperparameters, rules);
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
