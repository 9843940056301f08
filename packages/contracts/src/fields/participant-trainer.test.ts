import { describe, expect, it } from "vitest";
import { trainerOf } from "./participant-trainer.ts";

const trainer = { runtime: "tfjs", task: "noop", seed: 7 } as const;
const participant = { name: "aws", cluster: "aws-1", role: "Trainer", workers: 1 } as const;

describe("the trainer of a participant", () => {
  it("is the job's when the participant has nothing of its own", () => {
    expect(trainerOf({ trainer }, participant)).toEqual(trainer);
  });

  it("has the participant's runtime in place of the job's, and all else of the job", () => {
    expect(trainerOf({ trainer }, { ...participant, runtime: "torch" })).toEqual({ ...trainer, runtime: "torch" });
  });
});
