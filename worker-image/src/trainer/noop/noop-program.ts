import { setTimeout as sleep } from "node:timers/promises";
import { taskRules } from "@tributary/contracts/fields";
import { modelOf, requireParameters } from "../contract/task-input.ts";
import type { FloatTensors } from "../contract/tensor-file.ts";
import { finiteLoss } from "../finite-loss.ts";
import { readHyperparameters } from "../hyperparameters.ts";
import type { TrainerProgram } from "../program.ts";
import { StepTimer } from "../step-timer.ts";

/**
 * The outside witness: adds a fixed increment to every value in every local step and learns nothing. After R committed rounds
 * of FedAvg with server rate 1 and S local steps the model is its start plus R S increment, in whichever order and however
 * often anything was killed; a lost or doubled commit shows as another sum. Its `validation_loss` is 1 minus the mean of the
 * first tensor, so that convergence has something to watch.
 */
export function noopProgram(hyperparameters: Readonly<Record<string, string>>): TrainerProgram {
  const { increment, simulateStepMs, simulateNaNAtRound } = readHyperparameters(hyperparameters, taskRules.noop);
  return {
    async Evaluate(input) {
      requireParameters(input, { split: "validation" });
      return { sets: {}, metrics: [{ name: "validation_loss", sum: 1 - meanOfFirst(modelOf(input)), count: 1 }] };
    },
    async Train(input, context) {
      requireParameters(input, {});
      const { round, localSteps } = input;
      const model = modelOf(input);
      finiteLoss(round === simulateNaNAtRound ? Number.NaN : 0, { round, step: 0 });
      const timer = new StepTimer();
      for (let step = 0; step < localSteps; step++) {
        await context.checkpoint();
        if (simulateStepMs > 0) await sleep(simulateStepMs);
      }
      const facts = timer.facts(localSteps);
      const added = localSteps * increment;
      const moved = [...model].map(
        ([name, { shape, values }]) => [name, { shape, values: addToEach(values, added) }] as const,
      );
      return { sets: { model: new Map(moved) }, facts };
    },
  };
}

function meanOfFirst(model: FloatTensors): number {
  const first = [...model.keys()].sort()[0];
  const values = first === undefined ? undefined : model.get(first)?.values;
  if (values === undefined || values.length === 0) return 0;
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum / values.length;
}

/** A plain loop: a callback for each value would cost more than everything else that this trainer does. */
function addToEach(values: Float32Array, added: number): Float32Array {
  const moved = new Float32Array(values.length);
  for (let index = 0; index < values.length; index++) moved[index] = values[index]! + added;
  return moved;
}
