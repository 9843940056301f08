import { isTributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import { readHyperparameters } from "./hyperparameters.ts";

const rules = {
  learningRate: { fallback: 0.001, min: 0, max: 1 },
  batchSize: { fallback: 4, min: 1, max: 64, whole: true },
} as const;

describe("readHyperparameters", () => {
  it("takes what is given and falls back for the rest", () => {
    expect(readHyperparameters({ learningRate: "2e-3" }, rules)).toEqual({ learningRate: 0.002, batchSize: 4 });
    expect(readHyperparameters({ batchSize: "8", learningRate: ".5" }, rules)).toEqual({
      learningRate: 0.5,
      batchSize: 8,
    });
  });

  it.each([
    {
      given: { learningrate: "1" },
      want: "hyperparameter learningrate is unknown; this task knows learningRate, batchSize",
    },
    { given: { valueOf: "1" } as never, want: "hyperparameter valueOf is unknown" },
    { given: { learningRate: "2" }, want: 'hyperparameter learningRate is "2", expected a number from 0 to 1' },
    { given: { learningRate: "" }, want: 'hyperparameter learningRate is "", expected a number from 0 to 1' },
    { given: { learningRate: "0x1" }, want: 'is "0x1"' },
    { given: { learningRate: "NaN" }, want: 'is "NaN"' },
    { given: { batchSize: "1.5" }, want: 'hyperparameter batchSize is "1.5", expected a whole number from 1 to 64' },
    { given: { batchSize: "65" }, want: "expected a whole number from 1 to 64" },
  ])("refuses $given", ({ given, want }) => {
    try {
      readHyperparameters(given, rules);
      expect.unreachable();
    } catch (error) {
      expect(isTributaryError(error, "TRAINER_HYPERPARAMETER_INVALID")).toBe(true);
      expect((error as Error).message).toContain(want);
    }
  });
});
