import { describe, expect, it } from "vitest";
import { calibrateGaussian, gaussianDelta, gaussianEpsilon } from "./gaussian-exact.ts";
import { normalCdf } from "./gaussian-tail.ts";

describe("exact Gaussian mechanism", () => {
  it.each([
    { sigma: 1, steps: 1, delta: 1e-5, epsilon: 4.377178 },
    { sigma: 5, steps: 100, delta: 1e-6, epsilon: 10.997151 },
    { sigma: 1, steps: 100, delta: 1e-5, epsilon: 91.81729 },
  ])("sigma $sigma, $steps steps, delta $delta costs epsilon $epsilon", ({ sigma, steps, delta, epsilon }) => {
    expect(gaussianEpsilon(Math.sqrt(steps) / sigma, delta)).toBeCloseTo(epsilon, 5);
  });

  it("sigma sqrt(3), three steps, has delta(1) = 0.126936", () => {
    expect(gaussianDelta(1, 1)).toBeCloseTo(0.12693673750664, 13);
  });

  it("keeps the tail that 1 - erf loses: 91.82 and not 92.65", () => {
    const naive = (mu: number, epsilon: number) =>
      normalCdf(mu / 2 - epsilon / mu) - Math.exp(epsilon) * (1 - normalCdf(mu / 2 + epsilon / mu));
    expect(naive(10, 91.81729)).not.toBeCloseTo(1e-5, 6);
    expect(gaussianDelta(10, 91.81729)).toBeCloseTo(1e-5, 9);
  });

  it.each([
    [1, 1e-5],
    [0.1, 1e-6],
    [8, 1e-10],
    [100, 1e-9],
  ])("calibrates epsilon %d, delta %d to a mu that spends it", (epsilon, delta) => {
    const mu = calibrateGaussian(epsilon, delta);
    expect(gaussianEpsilon(mu, delta)).toBeLessThanOrEqual(epsilon * (1 + 1e-9));
    expect(gaussianEpsilon(mu, delta)).toBeGreaterThan(epsilon * (1 - 1e-6));
  });

  it("needs noise 3.7306 for epsilon 1, delta 1e-5, where the classic bound says 4.8448", () => {
    expect(1 / calibrateGaussian(1, 1e-5)).toBeCloseTo(3.7306, 4);
    expect(Math.sqrt(2 * Math.log(1.25 / 1e-5))).toBeCloseTo(4.8448, 4);
  });

  it("costs nothing when delta covers epsilon 0, and is defined for negative epsilon", () => {
    expect(gaussianEpsilon(0.001, 0.1)).toBe(0);
    expect(gaussianDelta(1, -5)).toBeCloseTo(1 - Math.exp(-5), 3);
    expect(gaussianDelta(1, 1e5)).toBe(0);
  });

  it.each([
    [() => gaussianDelta(0, 1), /mu is 0, must be > 0 and finite/],
    [() => gaussianDelta(1, Number.NaN), /epsilon is NaN/],
    [() => gaussianEpsilon(1, 0), /deltaDp is 0, must be > 0 and < 1/],
    [() => gaussianEpsilon(1, 1), /deltaDp is 1/],
    [() => calibrateGaussian(-1, 1e-5), /epsilon is -1, must be > 0/],
  ])("refuses what is out of range (%#)", (call, message) => {
    expect(call).toThrow(message);
  });
});
