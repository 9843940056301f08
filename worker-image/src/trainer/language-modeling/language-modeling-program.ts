import type { LanguageModel } from "../../shared/language-model/language-model.ts";
import type { ParameterEntry } from "../../shared/language-model/lora.ts";
import { modelOf, requireParameters } from "../contract/task-input.ts";
import { batchOf, drawBatch } from "../data/passages.ts";
import type { WorkerPassages } from "../data/read-data-set.ts";
import { finiteLoss } from "../finite-loss.ts";
import { type AdamWState, adamWStep, initialAdamWState } from "../optimiser/adam-w.ts";
import { clipGradient } from "../optimiser/clip-gradient.ts";
import type { TaskContext, TaskInput, TaskOutput, TrainerProgram } from "../program.ts";
import { StepTimer } from "../step-timer.ts";
import { adapterTensors, adapterVector } from "./adapter-vector.ts";
import type { LanguageModelingSettings } from "./settings.ts";

/** Passages evaluated at once; bounds the memory of activations. */
const passagesAtOnce = 8;

/** What the program works with. */
export type LanguageModelingParts = {
  readonly model: LanguageModel;
  readonly layout: readonly ParameterEntry[];
  readonly passages: WorkerPassages;
  readonly settings: LanguageModelingSettings;
  readonly participant: string;
  readonly workerIndex: number;
};

/** Moments before and after the newest round, so that the same round done again starts from the same ones. */
type Memory = { readonly round: number; readonly before: AdamWState; readonly after: AdamWState };

/**
 * Trains a low-rank adapter by next-token prediction. AdamW's moments stay with the worker from round to round; a replaced
 * worker starts with none.
 */
export function languageModelingProgram(parts: LanguageModelingParts): TrainerProgram {
  const worker = new LanguageModelingWorker(parts);
  return {
    Evaluate: (input, context) => worker.evaluate(input, context),
    Train: (input, context) => worker.train(input, context),
  };
}

class LanguageModelingWorker {
  readonly #parts: LanguageModelingParts;
  #memory: Memory | undefined;

  constructor(parts: LanguageModelingParts) {
    this.#parts = parts;
  }

  async train(input: TaskInput, context: TaskContext): Promise<TaskOutput> {
    requireParameters(input, {});
    const { layout, settings } = this.#parts;
    const { round, localSteps } = input;
    const before = this.#momentsBefore(round);
    let parameters = adapterVector(layout, modelOf(input));
    let state = before;
    let lossSum = 0;
    let predictions = 0;
    const timer = new StepTimer();
    for (let step = 0; step < localSteps; step++) {
      await context.checkpoint();
      const result = await this.#step(parameters, state, round, step);
      ({ parameters, state } = result);
      lossSum += result.lossSum;
      predictions += result.predictions;
    }
    const facts = { ...timer.facts(localSteps), samples: localSteps * settings.batchSize };
    this.#memory = { round, before, after: state };
    const metrics = [{ name: "training_loss", sum: lossSum, count: predictions }];
    return { sets: { model: adapterTensors(layout, parameters) }, metrics, facts };
  }

  #momentsBefore(round: number): AdamWState {
    const memory = this.#memory;
    if (memory === undefined) return initialAdamWState(this.#parts.model.parameterCount);
    return memory.round === round ? memory.before : memory.after;
  }

  async #step(parameters: Float32Array, state: AdamWState, round: number, step: number) {
    const { model, passages, settings, participant, workerIndex } = this.#parts;
    const key = { seed: settings.lora.seed, participant, worker: workerIndex, round, step };
    const chosen = await passages.train.read(drawBatch(key, passages.train.length, settings.batchSize));
    const { lossSum, predictions, gradient } = model.lossAndGradient(parameters, batchOf(chosen));
    finiteLoss(lossSum, { round, step });
    finiteLoss(clipGradient(gradient, settings.clipNorm), { round, step });
    return { ...adamWStep(parameters, gradient, state, settings.adamW), lossSum, predictions };
  }

  async evaluate(input: TaskInput, context: TaskContext): Promise<TaskOutput> {
    requireParameters(input, { split: "validation" });
    const { layout, passages, settings } = this.#parts;
    const parameters = adapterVector(layout, modelOf(input));
    const all = passages.validation;
    const held = settings.validationPassages > 0 ? Math.min(settings.validationPassages, all.length) : all.length;
    let sum = 0;
    let count = 0;
    for (let from = 0; from < held; from += passagesAtOnce) {
      await context.checkpoint();
      const indices = Array.from({ length: Math.min(passagesAtOnce, held - from) }, (_, index) => from + index);
      const losses = this.#parts.model.losses(parameters, batchOf(await all.read(indices)));
      for (const loss of losses) sum += loss;
      count += losses.length;
    }
    finiteLoss(sum, { round: input.round, step: 0 });
    return { sets: {}, metrics: [{ name: "validation_loss", sum, count }] };
  }
}
