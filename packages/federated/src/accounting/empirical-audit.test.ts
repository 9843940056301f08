import { describe, expect, it } from "vitest";
import type { RandomBytes } from "../sampling/bernoulli.ts";
import { roundConditionally } from "../sampling/conditional-rounding.ts";
import { rationalOf } from "../sampling/rational.ts";
import { createSkellamSampler } from "../sampling/skellam-noise.ts";
import { pseudoRandomBytes } from "../sampling/testing/pseudo-random.ts";
import { calibrateSkellam, gridSensitivity } from "./skellam.ts";

const TRIALS = 8000;
const DELTA = 1e-5;
const PARTIES = 4;
const DIMENSION = 16;

/**
 * Score of a canary in `TRIALS` sums of `PARTIES` noised parties: the sum projected on the canary. Everybody but the
 * canary's party reports zeros, which is the attacker's best case.
 */
function scores(isPresent: boolean, partyVariance: number, random: RandomBytes): number[] {
  const values = new Float64Array(DIMENSION).fill(isPresent ? 0.25 : 0);
  const noise = createSkellamSampler(rationalOf(partyVariance));
  return Array.from({ length: TRIALS }, () => {
    const sum = roundConditionally({ values, step: 1 / 64, clipNorm: 1 }, random);
    for (let party = 0; party < PARTIES; party++) noise.addTo(sum, random);
    return sum.reduce((total, value) => total + value, 0);
  });
}

/**
 * Lower bound of epsilon that holds with high confidence: the best threshold's `ln((hits - delta)/false alarms)`, both
 * shares moved 4 standard errors to the safe side (Jagielski, Ullman and Oprea, NeurIPS 2020).
 */
function auditedEpsilon(present: readonly number[], absent: readonly number[]): number {
  const share = (list: readonly number[], threshold: number) =>
    list.filter((score) => score > threshold).length / TRIALS;
  const error = (p: number) => 4 * Math.sqrt(Math.max(p * (1 - p), 1 / TRIALS) / TRIALS);
  const thresholds = [...present].sort((a, b) => a - b).filter((_, i) => i % 200 === 0);
  const bounds = thresholds.map((threshold) => {
    const [hits, alarms] = [share(present, threshold), share(absent, threshold)];
    return Math.log(Math.max(hits - error(hits) - DELTA, 1e-12) / (alarms + error(alarms)));
  });
  return Math.max(...bounds);
}

describe("empirical audit with a canary", () => {
  const sensitivity = gridSensitivity({ clipNormSteps: 64, dimension: DIMENSION });
  const target = { epsilon: 1, deltaDp: DELTA, rounds: 1, sensitivity, honestParties: PARTIES };
  const { partyVariance } = calibrateSkellam(target);

  it("finds less than the reported epsilon, but something", () => {
    const audited = auditedEpsilon(
      scores(true, partyVariance, pseudoRandomBytes("in")),
      scores(false, partyVariance, pseudoRandomBytes("out")),
    );
    expect(audited).toBeLessThan(1);
    expect(audited).toBeGreaterThan(0.1);
  });

  it("finds more than the reported epsilon when the noise is a quarter of what it should be", () => {
    const weak = partyVariance / 16;
    const audited = auditedEpsilon(
      scores(true, weak, pseudoRandomBytes("weak in")),
      scores(false, weak, pseudoRandomBytes("weak out")),
    );
    expect(audited).toBeGreaterThan(1);
  });
});
