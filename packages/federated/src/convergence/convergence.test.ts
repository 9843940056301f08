import { describe, expect, it } from "vitest";
import { judgeConvergence, type MetricPoint } from "./convergence.ts";
import { type ConvergenceSpec, parseConvergenceRule } from "./convergence-rule.ts";

const aSpec: ConvergenceSpec = { metric: "validation_loss", mode: "Min", maxRounds: 100 };

function historyOf(values: readonly (number | string)[]): MetricPoint[] {
  return values.map((value, round) => ({ round, value }));
}

describe("judgeConvergence", () => {
  it.each([
    {
      name: "continues before the first evaluation",
      given: {},
      values: [],
      want: { kind: "Continue", roundsWithoutImprovement: 0 },
    },
    {
      name: "continues while values improve",
      given: { patience: 2 },
      values: [3, 2.5, 2.4],
      want: { kind: "Continue", best: { round: 2, value: 2.4 }, roundsWithoutImprovement: 0 },
    },
    {
      name: "reaches a target at equality",
      given: { target: "1.80" },
      values: ["2.1", "1.8"],
      want: {
        kind: "Converged",
        reason: "TargetReached",
        atRound: 1,
        best: { round: 1, value: "1.8" },
        roundsWithoutImprovement: 0,
      },
    },
    {
      name: "reaches a target from below when larger is better",
      given: { mode: "Max", target: "0.9" },
      values: [0.5, 0.91],
      want: { kind: "Converged", reason: "TargetReached", atRound: 1, best: { round: 1, value: 0.91 } },
    },
    {
      name: "keeps the verdict when values get worse after the target",
      given: { target: "1" },
      values: [2, 0.9, 5],
      want: { kind: "Converged", reason: "TargetReached", atRound: 1, best: { round: 1, value: 0.9 } },
    },
    {
      name: "finds a plateau after patience evaluations without improvement",
      given: { patience: 2 },
      values: [3, 3, 3],
      want: {
        kind: "Converged",
        reason: "Plateau",
        atRound: 2,
        best: { round: 0, value: 3 },
        roundsWithoutImprovement: 2,
      },
    },
    {
      name: "takes a change of exactly minDelta as improvement although doubles would not",
      given: { patience: 1, minDelta: "0.005" },
      values: ["1.805", "1.800"],
      want: { kind: "Continue", best: { round: 1, value: "1.800" }, roundsWithoutImprovement: 0 },
    },
    {
      name: "counts a smaller change as none but still remembers the best model",
      given: { patience: 3, minDelta: "0.1" },
      values: [1, 0.95, 0.93],
      want: { kind: "Continue", best: { round: 2, value: 0.93 }, roundsWithoutImprovement: 2 },
    },
    {
      name: "adds slow progress up to an improvement",
      given: { patience: 3, minDelta: "0.1" },
      values: [1, 0.95, 0.9],
      want: { kind: "Continue", best: { round: 2, value: 0.9 }, roundsWithoutImprovement: 0 },
    },
    {
      name: "names the earliest of equal best rounds",
      given: {},
      values: [2, 1, "1.0"],
      want: { kind: "Continue", best: { round: 1, value: 1 }, roundsWithoutImprovement: 1 },
    },
    {
      name: "reads negative metrics and exponents",
      given: { target: "-1e1" },
      values: ["-9.99", "-1.0e+1"],
      want: { kind: "Converged", reason: "TargetReached", atRound: 1 },
    },
  ])("$name", ({ given, values, want }) => {
    const rule = parseConvergenceRule({ ...aSpec, ...(given as Partial<ConvergenceSpec>) });
    expect(judgeConvergence(rule, historyOf(values), values.length)).toMatchObject(want);
  });

  it("ends at maxRounds when nothing else has ended it", () => {
    const rule = parseConvergenceRule({ ...aSpec, maxRounds: 3, target: "0" });
    expect(judgeConvergence(rule, historyOf([3, 2]), 2).kind).toBe("Continue");
    expect(judgeConvergence(rule, historyOf([3, 2]), 3)).toMatchObject({ kind: "MaxRounds", best: { round: 1 } });
  });

  it("prefers a converged verdict over the budget of rounds", () => {
    const rule = parseConvergenceRule({ ...aSpec, maxRounds: 2, target: "2" });
    expect(judgeConvergence(rule, historyOf([3, 2]), 2)).toMatchObject({ kind: "Converged", reason: "TargetReached" });
  });

  it.each([
    { value: Number.NaN, problem: "NotFinite" },
    { value: Number.POSITIVE_INFINITY, problem: "NotFinite" },
    { value: "NaN", problem: "NotFinite" },
    { value: "-Infinity", problem: "NotFinite" },
    { value: "1,5", problem: "NotADecimal" },
    { value: "", problem: "NotADecimal" },
    { value: "1e999", problem: "NotADecimal" },
  ])("answers $value with $problem and the progress before it", ({ value, problem }) => {
    const verdict = judgeConvergence(parseConvergenceRule(aSpec), historyOf([2, value, 1]), 3);
    expect(verdict).toEqual({
      kind: "Invalid",
      problem,
      point: { round: 1, value },
      best: { round: 0, value: 2 },
      roundsWithoutImprovement: 0,
    });
  });

  it.each([[[1, 1]], [[2, 1]], [[-1]], [[0.5]]])("refuses rounds %j that do not increase", (rounds) => {
    const history = rounds.map((round) => ({ round, value: 1 }));
    const verdict = judgeConvergence(parseConvergenceRule(aSpec), history, 1);
    expect(verdict).toMatchObject({ kind: "Invalid", problem: "RoundNotAfterLast", point: history.at(-1) });
  });
});

describe("parseConvergenceRule", () => {
  it.each([
    [{ metric: "" }, /convergence\.metric/],
    [{ mode: "Least" }, /convergence\.mode is "Least", must be Min or Max/],
    [{ target: "low" }, /convergence\.target is "low", must be a decimal/],
    [{ target: "NaN" }, /convergence\.target/],
    [{ minDelta: "-0.1" }, /convergence\.minDelta is "-0\.1", must be a decimal of 0 or more/],
    [{ patience: 0 }, /convergence\.patience is 0, must be an integer from 1 to 10000/],
    [{ patience: 1.5 }, /convergence\.patience/],
    [{ maxRounds: 0 }, /convergence\.maxRounds/],
    [{ maxRounds: Number.NaN }, /convergence\.maxRounds is NaN/],
  ])("refuses %j", (given, message) => {
    expect(() => parseConvergenceRule({ ...aSpec, ...(given as Partial<ConvergenceSpec>) })).toThrow(message);
  });
});
