import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { largestMetric } from "./metrics.ts";
import { askedStep, INITIAL_STEP, isStep, nextPowerOfTwo, nextStep, rootMeanSquare, squaredNormStep } from "./step.ts";

describe("steps", () => {
  it.each([
    { step: INITIAL_STEP, want: true },
    { step: 1, want: true },
    { step: 2 ** -96, want: true },
    { step: 2 ** 96, want: true },
    { step: 2 ** -97, want: false },
    { step: 2 ** 97, want: false },
    { step: 3 * 2 ** -20, want: false },
    { step: 1 + 2 ** -52, want: false },
    { step: 0, want: false },
    { step: -1, want: false },
    { step: Number.NaN, want: false },
    { step: Number.POSITIVE_INFINITY, want: false },
  ])("$step is a step: $want", ({ step, want }) => {
    expect(isStep(step)).toBe(want);
  });

  it.each([
    { value: 1, want: 1 },
    { value: 1.0000000000000002, want: 2 },
    { value: 0.3, want: 0.5 },
    { value: 2 ** -40, want: 2 ** -40 },
    { value: 2 ** 49 - 1, want: 2 ** 49 },
    { value: 2 ** 49 + 1, want: 2 ** 50 },
    { value: 2 ** 1023, want: 2 ** 1023 },
    { value: 2 ** -1022 * 1.5, want: 2 ** -1021 },
    { value: Number.MIN_VALUE, want: Number.MIN_VALUE },
    { value: 3 * Number.MIN_VALUE, want: 4 * Number.MIN_VALUE },
  ])("the next power of two from $value is $want", ({ value, want }) => {
    expect(nextPowerOfTwo(value)).toBe(want);
  });

  it("the next power of two is the least that is not below the value, for every double that has one", () => {
    const aDouble = fc.double({ min: Number.MIN_VALUE, max: 2 ** 1023, noNaN: true });
    fc.assert(
      fc.property(aDouble, (value) => {
        const power = nextPowerOfTwo(value);
        expect(power).toBeGreaterThanOrEqual(value);
        expect(power / 2 < value || power === Number.MIN_VALUE).toBe(true);
        expect(Number.isInteger(Math.log2(power))).toBe(true);
      }),
    );
  });

  it("finds no power of two from nothing or too much", () => {
    for (const bad of [0, -1, Number.NaN, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
      expect(() => nextPowerOfTwo(bad)).toThrow(`value is ${bad}, must be > 0 and <= 2^1023`);
    }
  });
});

describe("the next step", () => {
  const sums = (rms: number, saturated = 0) => ({
    squaredNorms: rms * rms * 3 * 1000,
    parties: 3,
    values: 1000,
    saturated,
  });

  it.each([
    { given: "RMS 2^-9", rms: 2 ** -9, saturated: 0, want: 2 ** -20 },
    { given: "RMS just above 2^-9", rms: 2 ** -9 * 1.001, saturated: 0, want: 2 ** -19 },
    { given: "RMS 1", rms: 1, saturated: 0, want: 2 ** -11 },
    { given: "0.3 of 3000 saturated", rms: 1, saturated: 0, want: 2 ** -11 },
    { given: "1 of 3000 saturated", rms: 1, saturated: 1, want: 2 ** -10 },
    { given: "saturation at a small norm", rms: 2 ** -20, saturated: 100, want: 2 ** -19 },
    { given: "no norm at all", rms: 0, saturated: 0, want: 2 ** -24 },
  ])("after $given is asked to be $want", ({ rms, saturated, want }) => {
    expect(askedStep(INITIAL_STEP, 16, sums(rms, saturated))).toBe(want);
  });

  it.each([
    { given: "what is asked for within it", rms: 2 ** -6, saturated: 0, want: 2 ** -17 },
    { given: "16 times up", rms: 1, saturated: 0, want: 2 ** -16 },
    { given: "16 times up, saturated or not", rms: 1, saturated: 3000, want: 2 ** -16 },
    { given: "16 times up after one party's lie", rms: 2 ** 60, saturated: 3000, want: 2 ** -16 },
    { given: "16 times down", rms: 2 ** -40, saturated: 0, want: 2 ** -24 },
    { given: "twice the last at saturation", rms: 2 ** -40, saturated: 3000, want: 2 ** -19 },
  ])("goes in one round to $given", ({ rms, saturated, want }) => {
    expect(nextStep(INITIAL_STEP, 16, sums(rms, saturated))).toBe(want);
  });

  it.each([
    { given: "is", unknown: { ...sums(0), squaredNorms: null }, want: INITIAL_STEP },
    { given: "doubles at saturation", unknown: { ...sums(0, 3000), squaredNorms: null }, want: 2 ** -19 },
    {
      given: "follows a larger mean",
      unknown: { ...sums(0), squaredNorms: null, meanSquaredNorm: 1000 * 2 ** -14 },
      want: 2 ** -18,
    },
  ])("after sums that nobody can have come to $given what it was", ({ unknown, want }) => {
    expect(nextStep(INITIAL_STEP, 16, unknown)).toBe(want);
  });

  it("does not shrink below what the mean update shows, whatever the norms' sum and the count of cut values say", () => {
    const cut = (2 ** 15 - 1) * INITIAL_STEP;
    for (const squaredNorms of [0, 2 ** -80, null]) {
      const hidden = { ...sums(0), squaredNorms, meanSquaredNorm: 1000 * cut * cut };
      expect(nextStep(INITIAL_STEP, 16, hidden)).toBe(2 ** -16);
    }
  });

  it("asks for no more by the mean update of honest parties than by their norms", () => {
    const value = fc.double({ min: -50_000, max: 50_000, noNaN: true });
    const party = fc.array(fc.tuple(value, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), {
      minLength: 5,
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.array(party, { minLength: 1, maxLength: 6 }), (updates) => {
        const onGrid = (steps: number, draw: number) => Math.max(-32767, Math.min(32767, Math.floor(steps + draw)));
        const of = (sum: (at: number) => number) => [0, 1, 2, 3, 4].reduce((total, at) => total + sum(at), 0);
        const mean = (at: number) => updates.reduce((sum, update) => sum + onGrid(...update[at]!), 0) / updates.length;
        const given = {
          squaredNorms: updates.flat().reduce((sum, [steps]) => sum + (steps * INITIAL_STEP) ** 2, 0),
          parties: updates.length,
          values: 5,
          saturated: 0,
        };
        const meanSquaredNorm = of((at) => (mean(at) * INITIAL_STEP) ** 2);
        expect(askedStep(INITIAL_STEP, 16, { ...given, meanSquaredNorm })).toBe(askedStep(INITIAL_STEP, 16, given));
      }),
      { seed: 20_261_201 },
    );
  });

  it.each([2 ** -60, 2 ** -30, INITIAL_STEP, 2 ** 10, 2 ** 60])(
    "reaches what honest parties ask for from %d in a round for each factor of 16",
    (first) => {
      let step = first;
      const want = 2 ** -11;
      const rounds = Math.ceil(Math.abs(Math.log2(first / want)) / 4);
      for (let round = 0; round < rounds; round++) {
        const isCut = step * (2 ** 15 - 1) < 1;
        step = nextStep(step, 16, sums(1, isCut ? 3000 : 0));
      }
      expect(step).toBe(want);
    },
  );

  it("stays in bounds", () => {
    expect(nextStep(2 ** -96, 16, sums(0))).toBe(2 ** -96);
    expect(nextStep(2 ** 96, 2, sums(2 ** 96, 3000))).toBe(2 ** 96);
  });

  it("does not double at exactly 0.01 %", () => {
    expect(askedStep(1, 16, { squaredNorms: 10_000, parties: 1, values: 10_000, saturated: 1 })).toBe(2 ** -11);
  });

  it.each([
    { sums: { squaredNorms: Number.NaN, parties: 3, values: 1, saturated: 0 }, want: "squaredNorms is NaN" },
    { sums: { squaredNorms: -1, parties: 3, values: 1, saturated: 0 }, want: "squaredNorms is -1" },
    { sums: { squaredNorms: 1, parties: 0, values: 1, saturated: 0 }, want: "parties is 0" },
    { sums: { squaredNorms: 1, parties: 3, values: 0, saturated: 0 }, want: "values is 0" },
    { sums: { squaredNorms: 1, parties: 3, values: 1, saturated: -1 }, want: "saturated is -1" },
  ])("refuses sums where $want", ({ sums, want }) => {
    expect(() => nextStep(1, 16, sums)).toThrow(want);
    expect(() => rootMeanSquare(sums)).toThrow(want);
  });

  it("refuses a last step that is no power of two", () => {
    expect(() => nextStep(0.3, 16, sums(1))).toThrow("last is 0.3, must be a power of two from 2^-96 to 2^96");
  });
});

describe("the squared norm's step", () => {
  it("is a root mean square of sixteen quantiser steps", () => {
    expect(squaredNormStep(2 ** -20, 2 ** 26)).toBe(2 ** -6);
    expect(squaredNormStep(2 ** -20, 1000)).toBe(2 ** -22);
  });

  it("lets each of sixteen parties have 64 times the target norm", () => {
    const rms = 64 * 2 ** 11 * INITIAL_STEP;
    const units = (rms * rms * 2 ** 26) / squaredNormStep(INITIAL_STEP, 2 ** 26);
    expect(units).toBeLessThanOrEqual(largestMetric(16));
  });

  it("lets a step that is 512 times too small be put right in five rounds", () => {
    let step: number = INITIAL_STEP;
    const values = 1000;
    for (let round = 0; round < 5; round++) {
      const unit = squaredNormStep(step, values);
      const shown = Math.min(largestMetric(3), Math.floor(values / unit + 0.5)) * unit;
      const saturated = step * (2 ** 15 - 1) < 1 ? values : 0;
      step = nextStep(step, 16, { squaredNorms: 3 * shown, parties: 3, values, saturated: 3 * saturated });
    }
    expect(step).toBe(2 ** -11);
  });
});
