import { describe, expect, it } from "vitest";
import { trainerOf } from "./participant-trainer.ts";

const trainer = { runtime: "tfjs", task: "noop", seed: 7 } as const;
const participant = { name: "aws", cluster: "aws-1", role: "Trainer", workers: 1 } as const;

describe("the trainer of a participant", () => {
  it("is the job's when the participant has nothing of its own", () => {
    expect(trainerOf({ trainer }, participant)).toEqual(trainer);
  });

  it("has the participant's hyperparameters over the job's, by name", () => {
    const told = { ...trainer, hyperparameters: { increment: "0.5", simulateStepMs: 5 } };
    const own = { ...participant, hyperparameters: { increment: "0.25", simulateNaNAtRound: "3" } };
    expect(trainerOf({ trainer: told }, own).hyperparameters).toEqual({
      increment: "0.25",
      simulateStepMs: 5,
      simulateNaNAtRound: "3",
    });
    expect(trainerOf({ trainer }, own).hyperparameters).toEqual(own.hyperparameters);
    expect(trainerOf({ trainer: told }, participant)).toEqual(told);
  });

  it("has the participant's runtime in place of the job's, and all else of the job", () => {
    expect(trainerOf({ trainer }, { ...participant, runtime: "torch" })).toEqual({ ...trainer, runtime: "torch" });
  });
});
