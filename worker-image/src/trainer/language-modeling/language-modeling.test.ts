import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { trainerV1 } from "@tributary/contracts";
import { isTributaryError } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isTensorFlowInstalled } from "../../adapters/tfjs/load-tensorflow.ts";
import { DeterministicStream } from "../../shared/language-model/deterministic-stream.ts";
import { frozenA, loraTargetsOf, parameterLayout } from "../../shared/language-model/lora.ts";
import { toyConfig, toyModelGguf } from "../../shared/language-model/toy-model.ts";
import type { FloatTensors } from "../contract/tensor-file.ts";
import type { TrainerProgram } from "../program.ts";
import { askProgram } from "../testing/ask-program.ts";
import { adapterTensors, adapterVector } from "./adapter-vector.ts";
import { openLanguageModelingProgram } from "./open-program.ts";
import { languageModelingSettings } from "./settings.ts";

const lora = { rank: 4, targets: ["q_proj", "v_proj"] as const };
const layout = parameterLayout(toyConfig, lora);
const zeros = (): FloatTensors => adapterTensors(layout, new Float32Array(4 * 4 * 2 * 4 + 4 * 2 * 2 * 4));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "language-modeling-"));
  writeFileSync(join(folder, "toy.gguf"), toyModelGguf(1));
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "data/train.txt"), "in the thin inn the thing is in the tin\f".repeat(8));
  writeFileSync(join(folder, "data/validation.txt"), "the thin thing is in the inn the tin\f".repeat(4));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function registration(hyperparameters: Record<string, string> = {}, change: object = {}): trainerV1.RegisterResponse {
  const job = create(trainerV1.RegisterResponseSchema, {
    ...{ jobUid: "uid", participant: "aws", workerIndex: 0, workerCount: 2, task: "language-modeling", seed: 7n },
    hyperparameters: { sequenceLength: "12", learningRate: "0.02", batchSize: "4", ...hyperparameters },
    baseModel: { path: join(folder, "toy.gguf"), format: "gguf" },
    adapter: { type: "LoRA", rank: lora.rank, alpha: 8, targets: [...lora.targets], rule: "FreezeA" },
    datasetPath: join(folder, "data"),
  });
  return Object.assign(job, change);
}

async function evaluate(program: TrainerProgram, model: FloatTensors) {
  const { metrics } = await askProgram(program, "Evaluate", model);
  return metrics![0]!;
}

async function lossOf(program: TrainerProgram, model: FloatTensors): Promise<number> {
  const { sum, count } = await evaluate(program, model);
  return sum / count;
}

/** What the same task done again must give again: how long it took is no part of it. */
async function train(program: TrainerProgram, given: FloatTensors, localSteps: number, round: number) {
  const { sets, metrics } = await askProgram(program, "Train", given, { localSteps, round });
  return { model: sets.model as FloatTensors, metrics };
}

describe.skipIf(!isTensorFlowInstalled())("language modelling at toy size (needs scripts/tfjs/install.ts)", () => {
  it("lowers the loss on held-out text, round by round", async () => {
    const program = await openLanguageModelingProgram(registration());
    let model = zeros();
    const before = await lossOf(program, model);
    for (let round = 0; round < 4; round++) model = (await train(program, model, 10, round)).model;
    expect(await lossOf(program, model)).toBeLessThan(0.98 * before);
  });

  it("does the same round again with the same result, also after a restart", async () => {
    const program = await openLanguageModelingProgram(registration());
    const { model } = await train(program, zeros(), 3, 0);
    const first = await train(program, model, 3, 1);
    expect(await train(program, model, 3, 1)).toEqual(first);
    const restarted = await openLanguageModelingProgram(registration());
    expect((await train(restarted, zeros(), 3, 0)).model).toEqual(model);
  });

  it("keeps its moments from round to round", async () => {
    const program = await openLanguageModelingProgram(registration());
    const { model } = await train(program, zeros(), 3, 0);
    const kept = await train(program, model, 1, 1);
    const fresh = await openLanguageModelingProgram(registration());
    expect((await train(fresh, model, 1, 1)).model).not.toEqual(kept.model);
  });

  it("knows its steps and the samples that it saw, each as often as it saw it", async () => {
    const program = await openLanguageModelingProgram(registration({ batchSize: "3" }));
    const { facts } = await askProgram(program, "Train", zeros(), { localSteps: 2 });
    expect(facts).toEqual({ steps: 2, samples: 6, stepSeconds: expect.any(Number) });
    expect(facts!.stepSeconds).toBeGreaterThan(0);
  });

  it("evaluates as many held-out passages as it is told, of its own share", async () => {
    const count = async (validationPassages: string) => {
      const program = await openLanguageModelingProgram(registration({ validationPassages }));
      return (await evaluate(program, zeros())).count;
    };
    expect(await count("1")).toBe(11);
    expect(await count("0")).toBeGreaterThan(11);
  });

  it("names round and step when the loss is no longer finite", async () => {
    const program = await openLanguageModelingProgram(registration());
    const broken = new Map(
      [...zeros()].map(([name, { shape, values }]) => [name, { shape, values: values.map(() => Number.NaN) }]),
    );
    const error: unknown = await train(program, broken, 2, 3).catch((caught) => caught);
    expect(isTributaryError(error, "TRAINER_LOSS_NOT_FINITE")).toBe(true);
    expect((error as Error).message).toContain("round 3, local step 0");
  });
});

describe("languageModelingSettings", () => {
  it("scales by twice the rank unless the job says otherwise", () => {
    const adapter = registration().adapter!;
    expect(languageModelingSettings(registration({}, { adapter: { ...adapter, alpha: 0 } })).lora.alpha).toBe(8);
    expect(languageModelingSettings(registration({}, { adapter: { ...adapter, alpha: 3 } })).lora.alpha).toBe(3);
  });

  it.each([
    { name: "no base model", change: { baseModel: undefined }, want: /base model is absent/ },
    {
      name: "another format",
      change: { baseModel: { path: "x", format: "safetensors" } },
      want: /in the format "safetensors"/,
    },
    { name: "no adapter", change: { adapter: undefined }, want: /adapter is absent/ },
    {
      name: "another adapter",
      change: { adapter: { type: "IA3", rank: 1, targets: [], rule: "" } },
      want: /adapter is IA3/,
    },
    {
      name: "a target that cannot carry an adapter here",
      change: { adapter: { type: "LoRA", rank: 1, targets: ["o_proj"], rule: "FreezeA" } },
      want: /target "o_proj" is not supported by this trainer; choose from q_proj, k_proj, v_proj/,
    },
  ])("refuses $name", ({ change, want }) => {
    expect(() => languageModelingSettings(registration({}, change))).toThrow(want);
  });
});

describe("the exchanged matrices", () => {
  it("have the names and shapes of the base model's projections", () => {
    expect(layout.map(({ name, shape }) => `${name} ${shape}`)).toEqual([
      "layers.0.q_proj.lora_B 16,4",
      "layers.0.v_proj.lora_B 8,4",
      "layers.1.q_proj.lora_B 16,4",
      "layers.1.v_proj.lora_B 8,4",
    ]);
    expect(() => loraTargetsOf([])).toThrow(/adapter.targets is empty/);
  });

  it("go to the parameter vector and back", () => {
    const stream = new DeterministicStream("vector");
    const parameters = Float32Array.from({ length: 192 }, () => stream.nextWord());
    expect(adapterVector(layout, adapterTensors(layout, parameters))).toEqual(parameters);
  });

  it.each([
    {
      name: "an absent tensor",
      change: (model: Map<string, unknown>) => model.delete("layers.0.v_proj.lora_B"),
      want: /lora_B is absent/,
    },
    {
      name: "another shape",
      change: (model: Map<string, unknown>) =>
        model.set("layers.1.q_proj.lora_B", { shape: [4, 16], values: new Float32Array(64) }),
      want: /layers.1.q_proj.lora_B has shape \[4,16\], expected shape \[16,4\]/,
    },
    {
      name: "a tensor too many",
      change: (model: Map<string, unknown>) => model.set("x", { shape: [1], values: new Float32Array(1) }),
      want: /has 5 tensors, the adapter 4/,
    },
  ])("are refused with $name", ({ change, want }) => {
    const model = new Map(zeros());
    change(model);
    expect(() => adapterVector(layout, model)).toThrow(want);
  });

  it("come with an A that other languages can make", () => {
    const a = frozenA({ rank: 2, alpha: 4, targets: ["q_proj"], seed: 7n }, 0, "q_proj", 16);
    expect([...a.subarray(0, 3)]).toEqual([-0.20428229868412018, -0.00944235548377037, -0.0490284264087677]);
  });
});
