import { describe, expect, it } from "vitest";
import { composeLosses } from "./compose-losses.ts";
import { gaussianDelta, gaussianEpsilon } from "./gaussian-exact.ts";
import { deltaOfLosses, epsilonOfLosses } from "./loss-epsilon.ts";
import { pldEpsilon } from "./pld-accountant.ts";
import { discretiseLosses, type LossDistribution } from "./privacy-loss.ts";
import { sampledGaussianEpsilon } from "./sampled-gaussian-epsilon.ts";

function compose(losses: LossDistribution, steps: number, tailMass = 1e-14): LossDistribution {
  const composed = composeLosses([{ losses, steps }], tailMass);
  if ("kind" in composed) throw new Error(`${composed.points} points`);
  return composed;
}

function pld(sigma: number, q: number, steps: number, delta: number): number {
  return pldEpsilon([{ noiseMultiplier: sigma, samplingRate: q, steps }], delta);
}

describe("privacy-loss accounting", () => {
  /** dp-accounting's defaults and, in `limit`, what finer grids go to. */
  it.each([
    { sigma: 1.5, q: 0.04, steps: 2250, delta: 1e-5, library: 6.768787, limit: 6.76878 },
    { sigma: 1.3, q: 250 / 60000, steps: 3600, delta: 1e-5, library: 0.85303, limit: 0.85297 },
    { sigma: 4, q: 0.01, steps: 1000, delta: 1e-5, library: 0.272173, limit: 0.27213 },
    { sigma: 1, q: 0.01, steps: 1000, delta: 1e-5, library: 1.828244, limit: 1.82824 },
    { sigma: 1, q: 1, steps: 1, delta: 1e-5, library: 4.377178, limit: 4.377178 },
    { sigma: 5, q: 1, steps: 100, delta: 1e-6, library: 10.997151, limit: 10.997151 },
    { sigma: 2, q: 0.25, steps: 200, delta: 1e-6, library: 10.605937, limit: 10.60594 },
    { sigma: 1, q: 1, steps: 100, delta: 1e-5, library: 91.81729, limit: 91.81729 },
  ])("sigma $sigma, q $q, $steps steps, delta $delta costs $library", ({ sigma, q, steps, delta, library, limit }) => {
    const epsilon = pld(sigma, q, steps, delta);
    expect(Math.abs(epsilon / library - 1)).toBeLessThan(1e-3);
    expect(epsilon).toBeGreaterThan(limit * (1 - 2e-5));
    expect(epsilon).toBeLessThan(limit * (1 + 2e-4));
  });

  it.each([1e-3, 1e-6, 1e-9, 1e-12])(
    "numeric composition of Gaussians is just above the exact epsilon at delta %d",
    (delta) => {
      const { remove, add } = discretiseLosses({ samplingRate: 1, noiseMultiplier: 5 }, 1e-3);
      const exact = gaussianEpsilon(Math.sqrt(100) / 5, delta);
      for (const losses of [remove, add]) {
        const epsilon = epsilonOfLosses(compose(losses, 100, delta * 1e-7), delta);
        expect(epsilon).toBeGreaterThan(exact);
        expect(epsilon).toBeLessThan(exact * (1 + 5e-4));
      }
    },
  );

  it.each([
    { sigma: 0.05, steps: 1 },
    { sigma: 0.1, steps: 1000 },
    { sigma: 0.3, steps: 10 },
    { sigma: 1, steps: 100 },
  ])("large losses without sampling beside a sampled mechanism stay numbers: sigma $sigma, $steps steps", (part) => {
    const parts = [
      { noiseMultiplier: part.sigma, samplingRate: 1, steps: part.steps },
      { noiseMultiplier: 1, samplingRate: 0.01, steps: 10 },
    ];
    const alone = gaussianEpsilon(Math.sqrt(part.steps) / part.sigma, 1e-5);
    const epsilon = pldEpsilon(parts, 1e-5);
    expect(epsilon).toBeGreaterThanOrEqual(alone * (1 - 1e-9));
    expect(epsilon).toBeLessThanOrEqual(alone * (1 + 2e-3) + sampledGaussianEpsilon([parts[1]!], 1e-6));
  });

  it.each([0.05, 0.2, 1, 30])(
    "puts the losses of an unsampled Gaussian at sigma %d on a grid without losing mass",
    (sigma) => {
      const { remove, add } = discretiseLosses({ samplingRate: 1, noiseMultiplier: sigma }, sigma < 1 ? 0.1 : 0.01);
      for (const { masses, infinityMass } of [remove, add]) {
        expect(masses.every((mass) => mass >= 0)).toBe(true);
        expect(masses.reduce((sum, mass) => sum + mass, infinityMass)).toBeCloseTo(1, 12);
      }
    },
  );

  it.each([
    { q: 0.001, sigma: 1, steps: 1_000_000, delta: 1e-12 },
    { q: 0.001, sigma: 0.1, steps: 100, delta: 1e-12 },
    { q: 0.1, sigma: 10, steps: 1_000_000, delta: 1e-12 },
    { q: 0.5, sigma: 1000, steps: 1_000_000, delta: 1e-12 },
    { q: 0.01, sigma: 1, steps: 1000, delta: 1e-5 },
  ])("is never above the Renyi bound: q $q, sigma $sigma, $steps steps, delta $delta", ({ q, sigma, steps, delta }) => {
    const renyi = sampledGaussianEpsilon([{ samplingRate: q, noiseMultiplier: sigma, steps }], delta);
    expect(pld(sigma, q, steps, delta)).toBeLessThanOrEqual(renyi);
  });

  it.each([
    { steps: 1e4, above: 2e-4 },
    { steps: 1e6, above: 3e-3 },
    { steps: 1e8, above: 7e-2 },
  ])("loses no more digits to rounding than is said, and on the safe side: $steps steps", ({ steps, above }) => {
    // Nearly no record is left out: the exact formula is the truth to many more digits.
    const exact = gaussianEpsilon(1, 1e-9);
    const epsilon = pld(Math.sqrt(steps), 1 - 1e-12, steps, 1e-9);
    expect(epsilon).toBeGreaterThan(exact);
    expect(epsilon).toBeLessThan(exact * (1 + above));
  });

  it("three steps of sigma sqrt(3) have delta(1) = 0.126936", () => {
    const { remove } = discretiseLosses({ samplingRate: 1, noiseMultiplier: Math.sqrt(3) }, 1e-4);
    expect(deltaOfLosses(compose(remove, 3), 1)).toBeCloseTo(gaussianDelta(1, 1), 7);
  });

  it("connecting the dots is far tighter than rounding up at a grid of 1e-4, which costs 18 % here", () => {
    const mechanism = { samplingRate: 0.01, noiseMultiplier: 4 };
    const { remove } = discretiseLosses(mechanism, 1e-4);
    const roundedUp = { ...remove, firstIndex: remove.firstIndex + 1 };
    const dots = epsilonOfLosses(compose(remove, 1000), 1e-5);
    expect(Math.abs(dots / 0.272173 - 1)).toBeLessThan(1e-3);
    expect(epsilonOfLosses(compose(roundedUp, 1000), 1e-5) / dots).toBeGreaterThan(1.1);
  });

  it("has exact chances: masses add to one and the delta of one step is never below the truth", () => {
    for (const [q, sigma] of [
      [0.001, 0.4],
      [0.3, 1],
      [1, 2],
      [0.9, 0.05],
    ] as const) {
      const { remove, add } = discretiseLosses({ samplingRate: q, noiseMultiplier: sigma }, 0.01);
      for (const losses of [remove, add]) {
        const total = losses.masses.reduce((sum, mass) => sum + mass, losses.infinityMass);
        expect(total).toBeCloseTo(1, 12);
        expect(Math.min(...losses.masses)).toBeGreaterThanOrEqual(0);
      }
      for (const epsilon of [0.005, 0.1, 0.777, 3]) {
        const exact = q * gaussianDelta(1 / sigma, Math.log1p(Math.expm1(epsilon) / q));
        const onGrid = deltaOfLosses(remove, epsilon);
        expect(onGrid).toBeGreaterThanOrEqual(exact - 1e-12);
        if (Number.isInteger(epsilon * 10)) expect(onGrid).toBeLessThan(exact + 1e-12);
      }
    }
  });

  it("takes the greater of both neighbour orders", () => {
    const { remove, add } = discretiseLosses({ samplingRate: 0.2, noiseMultiplier: 1 }, 1e-3);
    const both = [remove, add].map((losses) => epsilonOfLosses(compose(losses, 20), 1e-5));
    expect(both[0]).not.toBeCloseTo(both[1]!, 3);
    expect(pld(1, 0.2, 20, 1e-5)).toBeCloseTo(Math.max(...both), 3);
  });

  it("says the same of steps given together and apart, and more of more", () => {
    const part = { samplingRate: 0.05, noiseMultiplier: 1.2 };
    const together = pldEpsilon([{ ...part, steps: 300 }], 1e-6);
    const apart = pldEpsilon(
      [100, 150, 50].map((steps) => ({ ...part, steps })),
      1e-6,
    );
    expect(apart).toBeCloseTo(together, 8);
    const other = { samplingRate: 1, noiseMultiplier: 20, steps: 10 };
    expect(pldEpsilon([{ ...part, steps: 300 }, other], 1e-6)).toBeGreaterThan(together);
  });

  it("stays within its points for many steps and for a tiny sampling rate", () => {
    expect(pld(20, 0.001, 1e5, 1e-6)).toBeCloseTo(0.055195, 5);
    expect(pld(0.5, 1e-6, 100, 1e-6)).toBeCloseTo(0.00041, 4);
  });

  it("is 0 where delta covers everything and infinite where the window's tail does not fit", () => {
    expect(pld(1000, 0.001, 1, 0.01)).toBe(0);
    const masses = Float64Array.of(1 - 1e-3);
    expect(epsilonOfLosses({ gridStep: 1, firstIndex: 0, masses, infinityMass: 1e-3 }, 1e-5)).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(
      epsilonOfLosses({ gridStep: 1, firstIndex: 2, masses: Float64Array.of(1), infinityMass: 0 }, 0.5),
    ).toBeCloseTo(2 + Math.log(0.5), 12);
  });

  const part = { samplingRate: 0.1, noiseMultiplier: 1, steps: 10 };
  it.each([
    [() => pldEpsilon([], 1e-5), /parts\.length is 0/],
    [() => pldEpsilon([part], 0), /deltaDp is 0/],
    [() => pldEpsilon([{ ...part, samplingRate: -0.1 }], 1e-5), /samplingRate is -0\.1/],
    [() => pldEpsilon([{ ...part, noiseMultiplier: Number.NaN }], 1e-5), /noiseMultiplier is NaN/],
    [() => pldEpsilon([{ ...part, steps: 0 }], 1e-5), /steps is 0, must be an integer from 1/],
    [() => discretiseLosses(part, 0), /gridStep is 0/],
    [() => composeLosses([], 1e-9), /parts\.length is 0/],
    [() => composeLosses([{ losses: discretiseLosses(part, 0.1).add, steps: 1 }], 0), /tailMass is 0/],
    [
      () =>
        composeLosses(
          [0.1, 0.2].map((gridStep) => ({ losses: discretiseLosses(part, gridStep).add, steps: 1 })),
          1e-9,
        ),
      /gridStep is 0\.2, must be 0\.1/,
    ],
    [() => deltaOfLosses(discretiseLosses(part, 0.1).add, Number.NaN), /epsilon is NaN/],
    [() => epsilonOfLosses(discretiseLosses(part, 0.1).add, 2), /deltaDp is 2/],
  ])("refuses what is out of range (%#)", (call, message) => {
    expect(call).toThrow(message);
  });
});
