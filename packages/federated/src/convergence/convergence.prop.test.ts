import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeConvergence, type MetricPoint } from "./convergence.ts";
import { type MetricMode, parseConvergenceRule } from "./convergence-rule.ts";
import { compareDecimals, decimalOfNumber, parseDecimal, subtractDecimals } from "./decimal.ts";

const aValue = fc.integer({ min: -500, max: 500 }).map((units) => units / 100);
const aHistory = fc
  .array(aValue, { maxLength: 30 })
  .map((values): MetricPoint[] => values.map((value, round) => ({ round, value })));
const aRule = fc
  .record({
    target: fc.option(aValue.map(String), { nil: undefined }),
    patience: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    minDelta: fc.integer({ min: 0, max: 100 }).map((units) => String(units / 100)),
    mode: fc.constantFrom<MetricMode>("Min", "Max"),
  })
  .map(({ target, patience, ...rest }) =>
    parseConvergenceRule({
      metric: "loss",
      maxRounds: 1000,
      ...rest,
      ...(target === undefined ? {} : { target }),
      ...(patience === undefined ? {} : { patience }),
    }),
  );

describe("judgeConvergence on any history", () => {
  it("never takes a verdict back when the history grows", () => {
    fc.assert(
      fc.property(aRule, aHistory, (rule, history) => {
        let converged: { reason: string; atRound: number } | undefined;
        for (let length = 0; length <= history.length; length++) {
          const verdict = judgeConvergence(rule, history.slice(0, length), length);
          if (converged) expect(verdict).toMatchObject(converged);
          if (verdict.kind === "Converged") converged = { reason: verdict.reason, atRound: verdict.atRound };
        }
      }),
    );
  });

  it("names the best value of the history, the earliest of equal ones", () => {
    fc.assert(
      fc.property(aRule, aHistory, (rule, history) => {
        const values = history.map(({ value }) => Number(value));
        const best = rule.mode === "Min" ? Math.min(...values) : Math.max(...values);
        const verdict = judgeConvergence(rule, history, history.length);
        const want = history.length === 0 ? undefined : { round: values.indexOf(best), value: best };
        expect(verdict.best).toEqual(want);
      }),
    );
  });

  it("says the same of a metric and of its negative in the other mode", () => {
    fc.assert(
      fc.property(aHistory, fc.integer({ min: 1, max: 5 }), aValue, (history, patience, target) => {
        const spec = { metric: "m", patience, minDelta: "0.03", maxRounds: 20 };
        const least = parseConvergenceRule({ ...spec, mode: "Min", target: String(target) });
        const most = parseConvergenceRule({ ...spec, mode: "Max", target: String(-target) });
        const mirrored = history.map(({ round, value }) => ({ round, value: -Number(value) }));
        const { best: one, ...left } = judgeConvergence(least, history, history.length);
        const { best: other, ...right } = judgeConvergence(most, mirrored, history.length);
        expect(left).toEqual(right);
        expect(one?.round).toBe(other?.round);
      }),
    );
  });

  it("says the same of values as doubles and as text", () => {
    fc.assert(
      fc.property(aRule, aHistory, (rule, history) => {
        const texts = history.map(({ round, value }) => ({ round, value: Number(value).toFixed(4) }));
        const { best: one, ...left } = judgeConvergence(rule, history, history.length);
        const { best: other, ...right } = judgeConvergence(rule, texts, history.length);
        expect(left).toEqual(right);
        expect(one?.round).toBe(other?.round);
      }),
    );
  });
});

describe("decimals", () => {
  it("compare as the integers they scale", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.integer({ min: 0, max: 6 }), (left, right, scale) => {
        const at = (units: number) => parseDecimal(`${units}e-${scale}`)!;
        expect(compareDecimals(at(left), at(right))).toBe(Math.sign(left - right));
        expect(subtractDecimals(at(left), at(right))).toEqual({
          units: BigInt(left) - BigInt(right),
          exponent: -scale,
        });
      }),
    );
  });

  it("read every finite double back to itself", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const decimal = decimalOfNumber(value)!;
        expect(Number(`${decimal.units}e${decimal.exponent}`)).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});
