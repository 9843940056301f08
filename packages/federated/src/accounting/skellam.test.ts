import { describe, expect, it } from "vitest";
import { INTEGER_ORDERS } from "./orders.ts";
import { calibrateSkellam, gridSensitivity, ringBitsForNoise, skellamEpsilon, skellamRenyi } from "./skellam.ts";

const dimension = 2 ** 20;

describe("Skellam noise on the grid", () => {
  it.each([
    { clipNormSteps: 100, want: 37.4, digits: 1 },
    { clipNormSteps: 1000, want: 5.41, digits: 2 },
    { clipNormSteps: 10_000, want: 4.76, digits: 3 },
  ])(
    "one clip norm of noise at C/D $clipNormSteps costs $want, not the Gaussian's 4.753",
    ({ clipNormSteps, want, digits }) => {
      const sensitivity = gridSensitivity({ clipNormSteps, dimension });
      expect(skellamEpsilon(sensitivity, clipNormSteps ** 2, 1, 1e-5)).toBeCloseTo(want, digits);
    },
  );

  it("inflates the norm by rounding and knows the integer bound of the L1 norm", () => {
    const { l2, l1 } = gridSensitivity({ clipNormSteps: 100, dimension });
    expect(l2 ** 2).toBeCloseTo(100 ** 2 + 2 ** 18 + (100 + 512), 6);
    expect(l1).toBeCloseTo(l2 ** 2, 6);
    const dense = gridSensitivity({ clipNormSteps: 1e6, dimension: 16 });
    expect(dense.l1).toBeCloseTo(4 * dense.l2, 6);
    expect(gridSensitivity({ clipNormSteps: 2, dimension: 1 }).l2).toBeLessThanOrEqual(3);
  });

  it("is the Gaussian divergence plus a term that falls with the variance", () => {
    const sensitivity = { l2: 10, l1: 30 };
    const [near, far] = [1e3, 1e9].map(
      (variance) => skellamRenyi(sensitivity, variance, [8])[0]! / ((8 * 100) / (2 * variance)),
    );
    expect(near).toBeGreaterThan(1.0005);
    expect(far).toBeCloseTo(1, 6);
    expect(skellamRenyi(sensitivity, 2, [2])[0]).toBeCloseTo(50 + 22.5, 12);
    expect(skellamRenyi(sensitivity, 1000, [8])[0]).toBeCloseTo(0.4 + (15 * 100 + 6 * 30) / 4e6, 12);
  });

  it("calibrates the least variance and divides it among the honest parties", () => {
    const sensitivity = gridSensitivity({ clipNormSteps: 5000, dimension });
    const target = { epsilon: 2, deltaDp: 1e-6, rounds: 100, sensitivity, honestParties: 6 };
    const { totalVariance, partyVariance } = calibrateSkellam(target);
    expect(partyVariance).toBeCloseTo(totalVariance / 6, 3);
    expect(skellamEpsilon(sensitivity, totalVariance, 100, 1e-6)).toBeLessThanOrEqual(2);
    expect(skellamEpsilon(sensitivity, totalVariance * 0.9999, 100, 1e-6)).toBeGreaterThan(2);
  });

  it("finds the ring that holds a noised sum", () => {
    expect(ringBitsForNoise(16, 127, 1)).toBe(12);
    expect(ringBitsForNoise(16, 127, 36)).toBe(13);
    expect(16 * 127 + 6 * 6).toBeGreaterThanOrEqual(2 ** 11);
    expect(ringBitsForNoise(1, 3, 1 / 36)).toBe(4);
  });

  const fine = { l2: 1, l1: 1 };
  it.each([
    [() => skellamRenyi(fine, 1, [2.5]), /order is 2\.5, must be an integer/],
    [() => skellamRenyi(fine, 0, [2]), /variance is 0, must be > 0/],
    [() => skellamRenyi({ l2: Number.NaN, l1: 1 }, 1, [2]), /sensitivity\.l2 is NaN/],
    [() => skellamRenyi({ l2: 1, l1: 0 }, 1, [2]), /sensitivity\.l1 is 0/],
    [() => skellamEpsilon(fine, 1, 0, 1e-5), /steps is 0/],
    [() => skellamEpsilon(fine, 1, 1, 0), /deltaDp is 0/],
    [() => gridSensitivity({ clipNormSteps: 0, dimension: 1 }), /clipNormSteps is 0/],
    [() => gridSensitivity({ clipNormSteps: 1, dimension: 0 }), /dimension is 0/],
    [() => gridSensitivity({ clipNormSteps: 1, dimension: 1, retryChance: 1 }), /retryChance is 1/],
    [
      () => calibrateSkellam({ epsilon: 0, deltaDp: 1e-5, rounds: 1, sensitivity: fine, honestParties: 1 }),
      /epsilon is 0/,
    ],
    [
      () => calibrateSkellam({ epsilon: 1, deltaDp: 1e-5, rounds: 1, sensitivity: fine, honestParties: 0 }),
      /honestParties is 0/,
    ],
    [() => ringBitsForNoise(0, 1, 1), /parties is 0/],
    [() => ringBitsForNoise(1, 2 ** 52, 1), /must be below 2\^52/],
  ])("refuses what is out of range (%#)", (call, message) => {
    expect(call).toThrow(message);
  });

  it("accounts at integer orders alone", () => {
    expect(INTEGER_ORDERS.every(Number.isInteger)).toBe(true);
  });
});
