import type { trainerV1 } from "@tributary/contracts";
import { modelOf } from "../../../../worker-image/src/trainer/contract/task-input.ts";
import type { TrainerProgram } from "../../../../worker-image/src/trainer/program.ts";
import { GRID, randomSteps } from "./random-update.ts";

/** Moves each value of the model by as many whole grid steps as the party draws in the round: all parties, rounds and coordinates differ. */
export function randomProgram(
  { participant, workerIndex }: Pick<trainerV1.RegisterResponse, "participant" | "workerIndex">,
  seed: string,
): TrainerProgram {
  return {
    async Evaluate() {
      return { sets: {}, metrics: [{ name: "validation_loss", sum: 1, count: 1 }] };
    },
    async Train(input) {
      const model = modelOf(input);
      const values = Float32Array.from([...model.values()].flatMap((tensor) => [...tensor.values]));
      const steps = randomSteps({ seed, participant, workerIndex, round: input.round }, values);
      let offset = 0;
      const moved = [...model].map(([name, { shape, values: before }]) => {
        const after = before.map((value, place) => value + steps[offset + place]! * GRID);
        offset += before.length;
        return [name, { shape, values: after }] as const;
      });
      return { sets: { model: new Map(moved) }, facts: { steps: input.localSteps } };
    },
  };
}
