import { describe, expect, it } from "vitest";
import { type PrivacyEvent, requirePrivacyEvent, spentEpsilon } from "./accountant.ts";
import { affordableSteps, calibrateNoiseMultiplier } from "./calibration.ts";
import { gaussianEpsilon } from "./gaussian-exact.ts";
import { INTEGER_ORDERS } from "./orders.ts";
import { epsilonOfRenyi } from "./renyi-conversion.ts";
import { gridSensitivity, skellamEpsilon, skellamRenyi } from "./skellam.ts";

const aStep: PrivacyEvent = { kind: "SampledGaussian", samplingRate: 0.04, noiseMultiplier: 1.5, steps: 2250 };
const aSum: PrivacyEvent = { kind: "Skellam", sensitivityL2: 100, sensitivityL1: 9000, variance: 4e6, steps: 10 };

describe("spentEpsilon", () => {
  it("knows DP-SGD by both accountants, privacy-loss distributions being tighter", () => {
    expect(spentEpsilon([aStep], 1e-5, "Rdp")).toBeCloseTo(7.32911117143, 5);
    expect(Math.abs(spentEpsilon([aStep], 1e-5, "Pld") / 6.768787 - 1)).toBeLessThan(1e-3);
  });

  it("is 0 for nothing done", () => {
    expect(spentEpsilon([], 1e-5, "Rdp")).toBe(0);
    expect(spentEpsilon([], 1e-5, "Pld")).toBe(0);
  });

  it("joins equal events and adds different ones", () => {
    const halves = [1000, 1250].map((steps) => ({ ...aStep, steps }));
    expect(spentEpsilon(halves, 1e-5, "Rdp")).toBe(spentEpsilon([aStep], 1e-5, "Rdp"));
    const other: PrivacyEvent = { kind: "SampledGaussian", samplingRate: 1, noiseMultiplier: 30, steps: 5 };
    const both = spentEpsilon([aStep, other], 1e-5, "Rdp");
    expect(both).toBeGreaterThan(spentEpsilon([aStep], 1e-5, "Rdp"));
    expect(both).toBeLessThan(spentEpsilon([aStep], 1e-5, "Rdp") + spentEpsilon([other], 1e-5, "Rdp"));
  });

  it.each([
    { accountant: "Rdp", atMost: 0.2 },
    { accountant: "Pld", atMost: 0.1 },
  ] as const)(
    "adds steps of equal events beyond those of one, never below the truth: $accountant",
    ({ accountant, atMost }) => {
      const mu = 0.3;
      const part = {
        kind: "SampledGaussian",
        samplingRate: 1 - 1e-12,
        noiseMultiplier: Math.sqrt(1.2e9) / mu,
      } as const;
      const events = [6e8, 6e8].map((steps) => ({ ...part, steps }));
      const over = spentEpsilon(events, 1e-3, accountant) / gaussianEpsilon(mu, 1e-3) - 1;
      expect(over).toBeGreaterThan(0);
      expect(over).toBeLessThan(atMost);
      expect(
        spentEpsilon(
          [
            { ...aSum, steps: 6e8 },
            { ...aSum, steps: 6e8 },
          ],
          1e-6,
          "Rdp",
        ),
      ).toBeGreaterThan(1);
    },
  );

  it("accounts Skellam noise alone and together with Gaussians at integer orders", () => {
    const alone = spentEpsilon([aSum], 1e-6, "Rdp");
    expect(alone).toBe(skellamEpsilon({ l2: 100, l1: 9000 }, 4e6, 10, 1e-6));
    const gaussian: PrivacyEvent = { kind: "SampledGaussian", samplingRate: 1, noiseMultiplier: 4, steps: 3 };
    const sums = skellamRenyi({ l2: 100, l1: 9000 }, 4e6, INTEGER_ORDERS);
    const total = INTEGER_ORDERS.map((order, i) => 10 * sums[i]! + (3 * order) / 32);
    const want = epsilonOfRenyi(INTEGER_ORDERS, total, 1e-6).epsilon;
    expect(spentEpsilon([aSum, gaussian], 1e-6, "Rdp")).toBeCloseTo(want, 6);
  });

  it("gives a noised sum at ample resolution the Gaussian's epsilon", () => {
    const { l1, l2 } = gridSensitivity({ clipNormSteps: 1e7, dimension: 2 ** 20 });
    const event: PrivacyEvent = { kind: "Skellam", sensitivityL2: l2, sensitivityL1: l1, variance: 1e14, steps: 1 };
    expect(spentEpsilon([event], 1e-5, "Rdp")).toBeCloseTo(4.752728, 2);
  });

  it.each([
    [() => spentEpsilon([aSum], 1e-5, "Pld"), /accountant is "Pld", must be Rdp with Skellam noise/],
    [() => spentEpsilon([aStep], 1e-5, "Moments" as "Rdp"), /accountant is "Moments", must be Rdp or Pld/],
    [() => spentEpsilon([aStep], 1, "Rdp"), /deltaDp is 1/],
    [() => spentEpsilon([{ ...aStep, samplingRate: 2 }], 1e-5, "Rdp"), /samplingRate is 2/],
    [() => spentEpsilon([{ ...aStep, noiseMultiplier: 0 }], 1e-5, "Rdp"), /noiseMultiplier is 0/],
    [() => spentEpsilon([{ ...aStep, steps: 1.5 }], 1e-5, "Rdp"), /steps is 1\.5/],
    [() => spentEpsilon([{ ...aSum, variance: -1 }], 1e-5, "Rdp"), /variance is -1/],
    [() => requirePrivacyEvent({ kind: "Laplace", steps: 1 } as unknown as PrivacyEvent), /event\.kind is "Laplace"/],
  ])("refuses what is out of range (%#)", (call, message) => {
    expect(call).toThrow(message);
  });

  it("tree aggregation of 1600 steps stays below its published bounds: height 11", () => {
    const height = (noiseMultiplier: number): PrivacyEvent => ({
      kind: "SampledGaussian",
      samplingRate: 1,
      noiseMultiplier,
      steps: 11,
    });
    expect(spentEpsilon([height(1.13)], 1e-6, "Rdp")).toBeCloseTo(18.708, 2);
    expect(spentEpsilon([height(8.83)], 1e-6, "Rdp")).toBeCloseTo(1.772, 2);
  });
});

describe("calibration", () => {
  it.each(["Rdp", "Pld"] as const)("%s spends between 99.99 % and all of epsilon", (accountant) => {
    for (const target of [
      { epsilon: 8, deltaDp: 1e-5, samplingRate: 0.04, steps: 2250 },
      { epsilon: 0.5, deltaDp: 1e-6, samplingRate: 0.01, steps: 500 },
      { epsilon: 3, deltaDp: 1e-6, samplingRate: 1, steps: 40 },
    ]) {
      const noiseMultiplier = calibrateNoiseMultiplier({ ...target, accountant });
      const spent = spentEpsilon(
        [{ kind: "SampledGaussian", noiseMultiplier, samplingRate: target.samplingRate, steps: target.steps }],
        target.deltaDp,
        accountant,
      );
      expect(spent).toBeLessThanOrEqual(target.epsilon);
      expect(spent).toBeGreaterThanOrEqual(target.epsilon * (1 - 1e-4));
    }
  });

  it("finds Opacus' 1.416 for epsilon 8 in 90 epochs at q 0.04", () => {
    const target = { epsilon: 8, deltaDp: 1e-5, samplingRate: 0.04, steps: 2250, accountant: "Rdp" } as const;
    expect(calibrateNoiseMultiplier(target)).toBeCloseTo(1.416, 3);
  });

  it("Opacus' 1.3232421875 is the same by the central limit of Gaussian differential privacy", () => {
    const mu = 0.04 * Math.sqrt(2250 * Math.expm1(1.3232421875 ** -2));
    expect(gaussianEpsilon(mu, 1e-5)).toBeCloseTo(7.9951, 4);
  });

  it("stops at the least multiplier that is accounted with", () => {
    const target = { epsilon: 1e4, deltaDp: 1e-5, samplingRate: 0.01, steps: 1, accountant: "Rdp" } as const;
    expect(calibrateNoiseMultiplier(target)).toBe(0.05);
  });

  it.each(["Rdp", "Pld"] as const)("%s finds the most steps that fit", (accountant) => {
    const target = { epsilon: 2, deltaDp: 1e-6, samplingRate: 0.02, noiseMultiplier: 1.5, accountant };
    const steps = affordableSteps(target);
    const costOf = (count: number) =>
      spentEpsilon(
        [{ kind: "SampledGaussian", samplingRate: 0.02, noiseMultiplier: 1.5, steps: count }],
        1e-6,
        accountant,
      );
    expect(costOf(steps)).toBeLessThanOrEqual(2);
    expect(costOf(steps + 1)).toBeGreaterThan(2);
  });

  it("affords no step when one is too much, and at most 1e9", () => {
    const target = { epsilon: 0.1, deltaDp: 1e-6, samplingRate: 1, accountant: "Rdp" } as const;
    expect(affordableSteps({ ...target, noiseMultiplier: 1 })).toBe(0);
    expect(affordableSteps({ ...target, noiseMultiplier: 1e6, epsilon: 100 })).toBe(1e9);
  });

  const target = { epsilon: 1, deltaDp: 1e-5, samplingRate: 0.1, steps: 10, accountant: "Rdp" } as const;
  it.each([
    [{ epsilon: 0 }, /epsilon is 0, must be > 0/],
    [{ epsilon: Number.NaN }, /epsilon is NaN/],
    [{ deltaDp: 0 }, /deltaDp is 0/],
    [{ samplingRate: 0 }, /samplingRate is 0/],
    [{ steps: 0 }, /steps is 0/],
    [{ epsilon: 1e-6, deltaDp: 1e-300, steps: 1e9, samplingRate: 1 }, /epsilon is 0\.000001, must be reachable/],
  ])("refuses a target with %j", (given, message) => {
    expect(() => calibrateNoiseMultiplier({ ...target, ...given })).toThrow(message);
  });

  it("refuses an impossible question about steps", () => {
    const question = { epsilon: 1, deltaDp: 1e-5, samplingRate: 0.1, noiseMultiplier: 0, accountant: "Rdp" } as const;
    expect(() => affordableSteps(question)).toThrow(/noiseMultiplier is 0/);
  });
});
