import { strategyRules } from "@tributary/contracts/fields";
import { describe, expect, it } from "vitest";
import { SERVER_OPTIMISER_NAMES, serverOptimiserByName } from "./catalogue.ts";
import { localStepNorm } from "./fed-nova.ts";
import { parseParameters } from "./parameters.ts";
import { createState, type ServerState } from "./server-optimiser.ts";

interface Run {
  model: Float64Array;
  state: ServerState<Float64Array>;
}

/** Runs rounds on Float64 vectors from x = 0 unless `base` says otherwise. */
function runRounds(
  name: string,
  updates: readonly (readonly number[])[],
  given: { parameters?: Record<string, string>; base?: readonly number[]; extraMeans?: Record<string, number> } = {},
): Run[] {
  const optimiser = serverOptimiserByName(name);
  const parameters = parseParameters(optimiser, given.parameters);
  const length = updates[0]!.length;
  const extra = given.extraMeans ? { extraMeans: given.extraMeans } : {};
  let model = Float64Array.from(given.base ?? new Array(length).fill(0));
  let state = createState(optimiser, parameters, length, (size) => new Float64Array(size));
  return updates.map((update, round) => {
    const meanUpdate = Float64Array.from(update);
    ({ model, state } = optimiser.step({ base: model, meanUpdate, state, round, parameters, ...extra }));
    return { model, state };
  });
}

function meanOf(models: readonly (readonly number[])[], weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return models[0]!.map((_, i) => models.reduce((sum, model, k) => sum + (model[i]! * weights[k]!) / total, 0));
}

describe("server optimisers against published and computed vectors", () => {
  it("FedAvg gives the weighted mean of Flower's test", () => {
    const one = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const two = [29, 23, 19, 17, 13, 11, 7, 5, 3, 2];
    const base = [5, -3, 0, 1, 2, 9, -7, 4, 4, 0.5];
    const update = meanOf([one, two], [1, 2]).map((value, i) => value - base[i]!);
    const want = [59 / 3, 16, 41 / 3, 38 / 3, 31 / 3, 28 / 3, 7, 6, 5, 14 / 3];
    const [{ model } = fail()] = runRounds("FedAvg", [update], { base });
    for (const [i, value] of want.entries()) expect(model[i]).toBeCloseTo(value, 12);
    expect(model[0]).toBeCloseTo(19.6667, 4);
    expect(model[9]).toBeCloseTo(4.6667, 4);
  });

  it("FedAdam (paper form) moves by 0.0995723560 on one update of 7/3", () => {
    const [{ model } = fail()] = runRounds("FedAdam", [[7 / 3]]);
    expect(model[0]).toBeCloseTo(0.099572356, 10);
  });

  it("FedAdam (paper form) follows the vector of a constant update of 1", () => {
    const models = runRounds("FedAdam", [[1], [1], [1]]).map(({ model }) => model[0]!);
    for (const [i, want] of [0.099005049, 0.232741154, 0.389078954].entries()) expect(models[i]).toBeCloseTo(want, 9);
  });

  it("FedAdam in Flower's bias-corrected form is another number: 0.0739291397", () => {
    const [beta1, beta2, update, round] = [0.9, 0.99, 7 / 3, 1];
    const rate = (0.1 * Math.sqrt(1 - beta2 ** (round + 1))) / (1 - beta1 ** (round + 1));
    const flower = (rate * (1 - beta1) * update) / (Math.sqrt((1 - beta2) * update * update) + 1e-3);
    expect(flower).toBeCloseTo(0.0739291397, 10);
    const [{ model } = fail()] = runRounds("FedAdam", [[update]]);
    expect(Math.abs(model[0]! - flower)).toBeGreaterThan(0.02);
  });

  it("FedAdagrad and FedYogi follow their rules by hand", () => {
    const adagrad = runRounds("FedAdagrad", [[2], [-1]]).map(({ model }) => model[0]!);
    const first = (0.1 * 0.2) / (Math.sqrt(1e-6 + 4) + 1e-3);
    expect(adagrad[0]).toBeCloseTo(first, 15);
    expect(adagrad[1]).toBeCloseTo(first + (0.1 * (0.9 * 0.2 - 0.1)) / (Math.sqrt(1e-6 + 5) + 1e-3), 15);
    const yogi = runRounds("FedYogi", [[2], [0.1]]);
    expect(yogi[0]!.state.secondMoment![0]).toBeCloseTo(1e-6 + 0.04, 15);
    expect(yogi[1]!.state.secondMoment![0]).toBeCloseTo(1e-6 + 0.04 - 0.01 * 0.01, 15);
  });

  it("FedAvgM with momentum 0 and rate 1 is FedAvg", () => {
    const updates = [
      [1, -2],
      [0.5, 3],
      [0.1, 0.7],
    ];
    const plain = runRounds("FedAvg", updates).map(({ model }) => model);
    const withMomentum = runRounds("FedAvgM", updates, { parameters: { momentum: "0" } }).map(({ model }) => model);
    expect(withMomentum).toEqual(plain);
  });

  it("FedAvgM starts its momentum with the first pseudo-gradient", () => {
    const runs = runRounds("FedAvgM", [[2], [2]]);
    expect(runs.map(({ state }) => state.momentum![0])).toEqual([-2, -3.8]);
    expect(runs.map(({ model }) => model[0])).toEqual([2, 5.8]);
  });

  it("DiLoCo's outer Nesterov gives x = 2.66, b = -2 and then x = 5.124, b = -2.8", () => {
    const runs = runRounds("DiLoCo", [[2], [1]]);
    for (const [i, want] of [
      { b: -2, x: 2.66 },
      { b: -2.8, x: 5.124 },
    ].entries()) {
      expect(runs[i]!.state.momentum![0]).toBeCloseTo(want.b, 12);
      expect(runs[i]!.model[0]).toBeCloseTo(want.x, 12);
    }
  });

  it("DiLoCo with outer rate 1 and momentum 0 is FedAvg", () => {
    const updates = [
      [1, -2],
      [0.5, 3],
    ];
    const outer = runRounds("DiLoCo", updates, { parameters: { serverLearningRate: "1", momentum: "0" } });
    expect(outer.map(({ model }) => model)).toEqual(runRounds("FedAvg", updates).map(({ model }) => model));
  });

  it("FedNova moves 3.0 where FedAvg moves 3.5 for steps 1 and 3 with updates 1 and 6", () => {
    const norms = [1, 3].map((count) => localStepNorm({ count }));
    const divided = [1 / norms[0]!, 6 / norms[1]!];
    const extraMeans = { localStepNorm: (norms[0]! + norms[1]!) / 2 };
    const [{ model } = fail()] = runRounds("FedNova", [[(divided[0]! + divided[1]!) / 2]], { extraMeans });
    expect(model[0]).toBe(3);
    expect(runRounds("FedAvg", [[3.5]])[0]!.model[0]).toBe(3.5);
  });

  it("knows the norm of local steps with momentum and with a proximal term", () => {
    expect(localStepNorm({ count: 5, momentum: 0.9 })).toBeCloseTo(13.1441, 10);
    expect(localStepNorm({ count: 3, proximalRate: 0.1 })).toBeCloseTo(1 + 0.9 + 0.81, 12);
    expect(localStepNorm({ count: 7 })).toBe(7);
  });
});

describe("the least tau that is taken", () => {
  const least = String(strategyRules.FedAdam.tau.min);

  it.each(["FedAdagrad", "FedAdam", "FedYogi"])(
    "keeps %s finite in float32 whatever small updates come and go",
    (name) => {
      const optimiser = serverOptimiserByName(name);
      const parameters = parseParameters(optimiser, { tau: least });
      for (const size of [1e-45, 1e-38, 1e-30, 1e-24, 1e-18, 1e-9, 1]) {
        let model = new Float32Array(1);
        let state = createState(optimiser, parameters, 1, (length) => new Float32Array(length));
        expect(state.secondMoment![0]).toBeGreaterThan(0);
        for (const [round, times] of [1, 0, -1, 0, 0, 0].entries()) {
          const meanUpdate = Float32Array.of(times * size);
          ({ model, state } = optimiser.step({ base: model, meanUpdate, state, round, parameters }));
        }
        expect(Number.isFinite(model[0])).toBe(true);
      }
    },
  );

  it("is one below which a small update would end the job", () => {
    expect(() => parseParameters(serverOptimiserByName("FedYogi"), { tau: "1e-99" })).toThrow("from 1e-18 to 1");
  });
});

describe("bad input", () => {
  it("lists the known names for an unknown one", () => {
    expect(() => serverOptimiserByName("FedSGD")).toThrow(
      'strategy.name is "FedSGD", must be one of FedAvg, FedAvgM, FedAdagrad, FedAdam, FedYogi, FedNova, DiLoCo',
    );
    for (const name of SERVER_OPTIMISER_NAMES) expect(serverOptimiserByName(name).name).toBe(name);
  });

  it.each([
    [
      "FedAdam",
      { beta3: "0.5" },
      /FedAdam\.parameters is "beta3", must be one of serverLearningRate, beta1, beta2, tau/,
    ],
    ["FedAdam", { beta2: "1" }, /FedAdam\.parameters\.beta2 is "1", must be >= 0 and < 1/],
    ["FedAdam", { tau: "0" }, /FedAdam\.parameters\.tau is "0", must be a number from 1e-18 to 1/],
    ["FedAvg", { serverLearningRate: "-1" }, /serverLearningRate is "-1", must be > 0/],
    ["FedAvg", { serverLearningRate: "NaN" }, /serverLearningRate is "NaN", must be a decimal/],
    ["FedAvg", { serverLearningRate: "1e-400" }, /serverLearningRate/],
    ["DiLoCo", { momentum: "0x1" }, /momentum is "0x1", must be a decimal/],
  ])("%s refuses parameters %j", (name, texts, message) => {
    expect(() => parseParameters(serverOptimiserByName(name), texts as Record<string, string>)).toThrow(message);
  });

  const good = { base: new Float32Array(2), meanUpdate: new Float32Array(2), state: {}, round: 0 };
  it.each([
    ["FedAvg", { meanUpdate: new Float32Array(3) }, /meanUpdate\.length is 3, must be 2/],
    ["FedAvg", { meanUpdate: Float32Array.of(0, Number.NaN) }, /meanUpdate\[1\] is NaN, must be finite/],
    ["FedAvg", { round: -1 }, /round is -1/],
    ["FedAvgM", {}, /state\.momentum\.length is undefined, must be 2/],
    ["FedNova", {}, /extraMeans\.localStepNorm is undefined, must be a finite mean/],
    ["FedNova", { extraMeans: { localStepNorm: 0 } }, /extraMeans\.localStepNorm is 0, must be > 0/],
  ])("%s refuses a step with %j", (name, given, message) => {
    const optimiser = serverOptimiserByName(name);
    expect(() => optimiser.step({ ...good, parameters: parseParameters(optimiser), ...given })).toThrow(message);
  });

  it.each([
    [{ count: 0 }, /localSteps\.count is 0/],
    [{ count: 1, momentum: 1 }, /localSteps\.momentum is 1/],
    [{ count: 1, proximalRate: Number.NaN }, /localSteps\.proximalRate is NaN/],
    [{ count: 1, proximalRate: 0.1, momentum: 0.1 }, /must be 0 with momentum/],
  ])("localStepNorm refuses %j", (given, message) => {
    expect(() => localStepNorm(given)).toThrow(message);
  });
});

function fail(): never {
  throw new Error("no round ran");
}
