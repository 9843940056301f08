import { isTributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { FloatTensors } from "../contract/tensor-file.ts";
import type { TrainerProgram } from "../program.ts";
import { askProgram } from "../testing/ask-program.ts";
import { noopProgram } from "./noop-program.ts";

const zeros: FloatTensors = new Map([
  ["b", { shape: [2], values: Float32Array.of(0, 8) }],
  ["a", { shape: [], values: Float32Array.of(0.5) }],
]);

async function train(
  program: TrainerProgram,
  model: FloatTensors,
  localSteps: number,
  round = 0,
): Promise<FloatTensors> {
  return (await askProgram(program, "Train", model, { localSteps, round })).sets.model as FloatTensors;
}

describe("noopProgram", () => {
  it("adds the increment to every value in every local step, exactly, over many rounds", async () => {
    const program = noopProgram({});
    let model = zeros;
    for (let round = 0; round < 100; round++) model = await train(program, model, 4, round);
    const added = 400 * 2 ** -10;
    expect([...model.get("b")!.values, ...model.get("a")!.values]).toEqual([added, 8 + added, 0.5 + added]);
    expect(model.get("b")!.shape).toEqual([2]);
  });

  it("leaves the model that it was given as it was", async () => {
    await train(noopProgram({ increment: "0.5" }), zeros, 1);
    expect([...zeros.get("b")!.values]).toEqual([0, 8]);
  });

  it("reports a loss that falls as the model rises", async () => {
    const program = noopProgram({ increment: "0.25" });
    const evaluate = async (model: FloatTensors) => (await askProgram(program, "Evaluate", model)).metrics;
    expect([await evaluate(zeros), await evaluate(await train(program, zeros, 1))]).toEqual([
      [{ name: "validation_loss", sum: 0.5, count: 1 }],
      [{ name: "validation_loss", sum: 0.25, count: 1 }],
    ]);
    expect(await evaluate(new Map())).toEqual([{ name: "validation_loss", sum: 1, count: 1 }]);
  });

  it("knows how many steps it took and how long one took, and nothing of samples", async () => {
    const { facts } = await askProgram(noopProgram({ simulateStepMs: "20" }), "Train", zeros, { localSteps: 2 });
    expect(Object.keys(facts!).sort()).toEqual(["stepSeconds", "steps"]);
    expect(facts!.steps).toBe(2);
    // Timers count whole milliseconds: one may end a little early.
    expect(facts!.stepSeconds).toBeGreaterThan(0.015);
    expect((await askProgram(noopProgram({}), "Train", zeros)).facts).toEqual({ steps: 0 });
  });

  it.each([
    { kind: "Train", parameters: { fragment: "2" }, says: "parameter fragment of Train is unknown; Train takes none" },
    {
      kind: "Evaluate",
      parameters: { split: "validation", rows: "all" },
      says: "parameter rows of Evaluate is unknown; Evaluate takes split",
    },
    {
      kind: "Evaluate",
      parameters: { split: "test" },
      says: 'parameter split of Evaluate is "test", expected "validation"',
    },
    { kind: "Evaluate", parameters: {}, says: 'parameter split of Evaluate is absent, expected "validation"' },
  ])("refuses $kind with the parameters $parameters by name", async ({ kind, parameters, says }) => {
    await expect(askProgram(noopProgram({}), kind, zeros, { parameters })).rejects.toMatchObject({
      code: "TRAINER_TASK_UNKNOWN",
      message: says,
    });
  });

  it("fails with NaN at the simulated round and at no other", async () => {
    const program = noopProgram({ simulateNaNAtRound: "2" });
    await train(program, zeros, 1, 1);
    const error: unknown = await train(program, zeros, 1, 2).catch((caught) => caught);
    expect(isTributaryError(error, "TRAINER_LOSS_NOT_FINITE")).toBe(true);
    expect((error as Error).message).toContain("round 2");
  });

  it("looks at its deadline before every local step", async () => {
    let steps = 0;
    const checkpoint = async () => {
      if (++steps === 3) throw new Error("too late");
    };
    const late = askProgram(noopProgram({}), "Train", zeros, { localSteps: 9 }, { checkpoint });
    await expect(late).rejects.toThrow("too late");
  });
});
