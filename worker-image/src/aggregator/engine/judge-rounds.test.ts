import { create } from "@bufbuild/protobuf";
import { controlV1 } from "@tributary/contracts";
import { describe, expect, it } from "vitest";
import type { LedgerLine } from "../store/ledger-line.ts";
import { judgeRounds, RoundsJudge } from "./judge-rounds.ts";

/** Rounds by the loss of the model that they started from; `evaluated` marks the ones that trained nothing. */
function aLedger(losses: readonly (number | undefined)[], evaluated: readonly number[] = []): LedgerLine[] {
  return losses.map((loss, round) => {
    const outcome = evaluated.includes(round) ? "Evaluated" : "Committed";
    const metrics = loss === undefined ? {} : { validation_loss: { sum: loss * 8, count: 8 } };
    return { round, outcome, metrics } as unknown as LedgerLine;
  });
}

type RuleChange = Partial<Pick<controlV1.ConvergenceRule, "metric" | "target" | "patience" | "maxRounds">>;
const rule = (change: RuleChange) =>
  create(controlV1.ConvergenceRuleSchema, { metric: "validation_loss", mode: "Min", maxRounds: 100, ...change });

describe("judgeRounds", () => {
  it("stops at the target and names the model that reached it by the rounds in it", () => {
    const verdict = judgeRounds(rule({ target: "1.5" }), aLedger([3, 2, 1.5]));
    expect(verdict).toMatchObject({ stop: true, reason: "TargetReached", bestValue: 1.5, bestRound: 2 });
  });

  it("stops when patience is over", () => {
    const verdict = judgeRounds(rule({ patience: 2 }), aLedger([3, 2, 2.5, 2.4]));
    expect(verdict).toMatchObject({ stop: true, reason: "Plateau", bestRound: 1, roundsWithoutImprovement: 2 });
  });

  it("goes on while there is hope, and ends at the most rounds", () => {
    expect(judgeRounds(rule({ maxRounds: 3 }), aLedger([3, 2]))).toMatchObject({ stop: false, reason: "" });
    expect(judgeRounds(rule({ maxRounds: 2 }), aLedger([3, 2]))).toMatchObject({ stop: true, reason: "MaxRounds" });
  });

  it("counts only rounds that trained, and lets a later evaluation of a model replace an earlier one", () => {
    const verdict = judgeRounds(rule({ maxRounds: 3 }), aLedger([3, 2, 1.9, 1.8], [2]));
    expect(verdict).toMatchObject({ stop: true, reason: "MaxRounds", bestValue: 1.8, bestRound: 2 });
  });

  it("passes over rounds in which nobody evaluated, and ends a job without a metric at its rounds alone", () => {
    expect(judgeRounds(rule({}), aLedger([3, undefined, 2])).bestRound).toBe(2);
    expect(judgeRounds(rule({ metric: "", maxRounds: 2 }), aLedger([1, 1]))).toMatchObject({
      stop: true,
      bestRound: 0,
    });
  });

  it("says of a ledger that grew what it says of the whole, and looks at each line once", () => {
    const lines = aLedger([3, 2, 2, 1.9, undefined, 1.9, 1.95, 2.5, 2.5, 0.5], [2, 4, 8]);
    let looks = 0;
    const counted = lines.map((line) => ({
      ...line,
      get metrics() {
        looks++;
        return line.metrics;
      },
    }));
    for (const change of [{ patience: 3 }, { target: "1.9" }, { maxRounds: 4 }, {}]) {
      const judge = new RoundsJudge(rule(change));
      looks = 0;
      for (let rounds = 0; rounds <= lines.length; rounds++) {
        const whole = judgeRounds(rule(change), lines.slice(0, rounds));
        for (let call = 0; call < 3; call++) expect(judge.judge(counted.slice(0, rounds))).toEqual(whole);
      }
      expect(looks).toBe(lines.length);
    }
  });

  it("refuses a rule that cannot be read", () => {
    expect(() => judgeRounds(rule({ target: "soon" }), [])).toThrow("convergence.target");
  });
});
