import { isTributaryError } from "@tributary/kit";
import { describe, expect, it } from "vitest";
import type { NamedTensors } from "../contract/tensor-file.ts";
import { noopProgram } from "./noop-program.ts";

const context = (round: number) => ({ round, checkpoint: async () => undefined });
const zeros: NamedTensors = new Map([
  ["b", { shape: [2], values: Float32Array.of(0, 8) }],
  ["a", { shape: [], values: Float32Array.of(0.5) }],
]);

describe("noopProgram", () => {
  it("adds the increment to every value in every local step, exactly, over many rounds", async () => {
    const program = noopProgram({});
    let model = zeros;
    for (let round = 0; round < 100; round++) model = (await program.train(model, 4, context(round))).model;
    const added = 400 * 2 ** -10;
    expect([...model.get("b")!.values, ...model.get("a")!.values]).toEqual([added, 8 + added, 0.5 + added]);
    expect(model.get("b")!.shape).toEqual([2]);
  });

  it("leaves the model that it was given as it was", async () => {
    await noopProgram({ increment: "0.5" }).train(zeros, 1, context(0));
    expect([...zeros.get("b")!.values]).toEqual([0, 8]);
  });

  it("reports a loss that falls as the model rises", async () => {
    const program = noopProgram({ increment: "0.25" });
    const before = await program.evaluate(zeros, "validation", context(0));
    const { model } = await program.train(zeros, 1, context(0));
    const after = await program.evaluate(model, "validation", context(1));
    expect([before, after]).toEqual([
      [{ name: "validation_loss", sum: 0.5, count: 1 }],
      [{ name: "validation_loss", sum: 0.25, count: 1 }],
    ]);
    expect(await program.evaluate(new Map(), "validation", context(0))).toEqual([
      { name: "validation_loss", sum: 1, count: 1 },
    ]);
  });

  it("fails with NaN at the simulated round and at no other", async () => {
    const program = noopProgram({ simulateNaNAtRound: "2" });
    await program.train(zeros, 1, context(1));
    const error: unknown = await program.train(zeros, 1, context(2)).catch((caught) => caught);
    expect(isTributaryError(error, "TRAINER_LOSS_NOT_FINITE")).toBe(true);
    expect((error as Error).message).toContain("round 2");
  });

  it("looks at its deadline before every local step", async () => {
    let steps = 0;
    const checkpoint = async () => {
      if (++steps === 3) throw new Error("too late");
    };
    await expect(noopProgram({}).train(zeros, 9, { round: 0, checkpoint })).rejects.toThrow("too late");
  });
});
