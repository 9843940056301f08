import { describe, expect, it } from "vitest";
import { adaptClipNorm, divideNoiseMultiplier } from "./adaptive-clip.ts";
import { labelKeepChance } from "./label-response.ts";

describe("adaptive clipping", () => {
  it("takes a norm of 0.1 with a share of 0.8 to 0.0941765", () => {
    expect(adaptClipNorm({ clipNorm: 0.1, noisedShareWithin: 0.8 })).toBeCloseTo(0.0941765, 7);
  });

  it("holds a noised share to [0, 1]", () => {
    const within = (noisedShareWithin: number) => adaptClipNorm({ clipNorm: 1, noisedShareWithin });
    expect(within(17)).toBe(within(1));
    expect(within(-4)).toBe(within(0));
    expect(within(0.5)).toBe(1);
  });

  it.each([
    { parties: 8, z: 1 },
    { parties: 10, z: 1 },
    { parties: 2, z: 50 },
    { parties: 1, z: 0.05 },
    { parties: 64, z: 0.4 },
    { parties: 10_000, z: 3 },
  ])("has noise for $parties parties at z = $z, at most 15.5 % more, that accounts as z", ({ parties, z }) => {
    const { countDeviation, updateMultiplier } = divideNoiseMultiplier(z, parties);
    expect(countDeviation).toBeGreaterThanOrEqual(parties / 20);
    expect(updateMultiplier).toBeGreaterThan(z);
    expect(updateMultiplier).toBeLessThanOrEqual(1.155 * z);
    expect(updateMultiplier ** -2 + (2 * countDeviation) ** -2).toBeCloseTo(z ** -2, 6);
  });

  it("the paper's count noise alone would have no answer for 8 parties at z = 1", () => {
    expect(1 ** -2 - (2 * (8 / 20)) ** -2).toBeLessThan(0);
  });

  it.each([
    [() => adaptClipNorm({ clipNorm: 0, noisedShareWithin: 0.5 }), /clipNorm is 0/],
    [() => adaptClipNorm({ clipNorm: 1, noisedShareWithin: Number.NaN }), /noisedShareWithin is NaN/],
    [() => adaptClipNorm({ clipNorm: 1, noisedShareWithin: 0.5, quantile: 1 }), /quantile is 1/],
    [() => adaptClipNorm({ clipNorm: 1, noisedShareWithin: 0.5, learningRate: -1 }), /learningRate is -1/],
    [() => divideNoiseMultiplier(0, 8), /noiseMultiplier is 0/],
    [() => divideNoiseMultiplier(1, 0), /parties is 0/],
    [() => labelKeepChance(0, 3), /epsilon is 0/],
    [() => labelKeepChance(1, 1), /labels is 1/],
  ])("refuses what is out of range (%#)", (call, message) => {
    expect(call).toThrow(message);
  });
});

it("randomised response keeps one of 3 labels with chance 0.576117 at epsilon 1", () => {
  expect(labelKeepChance(1, 3)).toBeCloseTo(0.576117, 6);
});
