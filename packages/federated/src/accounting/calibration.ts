import { requireArgument } from "../errors.ts";
import { type Accountant, spentEpsilon } from "./accountant.ts";
import {
  MAX_NOISE_MULTIPLIER,
  MAX_STEPS,
  MIN_NOISE_MULTIPLIER,
  requireDelta,
  requireEpsilon,
  requireNoiseMultiplier,
  requireSamplingRate,
  requireSteps,
} from "./bounds.ts";

/** A privacy budget and the training that must fit into it. */
export interface NoiseTarget {
  readonly epsilon: number;
  readonly deltaDp: number;
  /** Chance of each record to be in a step, in (0, 1]. */
  readonly samplingRate: number;
  /** Steps of the whole training. */
  readonly steps: number;
  readonly accountant: Accountant;
}

/** Share of epsilon that calibration may leave unspent. */
const SLACK = 1e-4;

/**
 * Least noise multiplier whose training stays within epsilon; it spends at least 99.99 % of it, or is the least
 * multiplier that is accounted with (0.05).
 *
 * @throws ArgumentError for a target out of range, or one that no multiplier up to 1e6 reaches.
 */
export function calibrateNoiseMultiplier(target: NoiseTarget): number {
  const { epsilon, deltaDp, samplingRate, steps, accountant } = target;
  requireEpsilon(epsilon);
  requireDelta(deltaDp);
  requireSamplingRate(samplingRate);
  requireSteps(steps);
  const costOf = (noiseMultiplier: number, by: Accountant) =>
    spentEpsilon([{ kind: "SampledGaussian", samplingRate, noiseMultiplier, steps }], deltaDp, by);
  const start = accountant === "Pld" ? leastMultiplier((z) => costOf(z, "Rdp"), epsilon, 1) : 1;
  return leastMultiplier((z) => costOf(z, accountant), epsilon, start);
}

/** A privacy budget and the noise of one step. */
export interface StepsTarget {
  readonly epsilon: number;
  readonly deltaDp: number;
  readonly samplingRate: number;
  readonly noiseMultiplier: number;
  readonly accountant: Accountant;
}

/**
 * Most steps that stay within epsilon, 0 when not even one does, at most 1e9.
 *
 * @throws ArgumentError for a target out of range.
 */
export function affordableSteps(target: StepsTarget): number {
  const { epsilon, deltaDp, samplingRate, noiseMultiplier, accountant } = target;
  requireEpsilon(epsilon);
  requireDelta(deltaDp);
  requireSamplingRate(samplingRate);
  requireNoiseMultiplier(noiseMultiplier);
  const fits = (steps: number) =>
    spentEpsilon([{ kind: "SampledGaussian", samplingRate, noiseMultiplier, steps }], deltaDp, accountant) <= epsilon;
  if (!fits(1)) return 0;
  let [accepted, rejected] = [1, 2];
  while (rejected <= MAX_STEPS && fits(rejected)) [accepted, rejected] = [rejected, rejected * 2];
  rejected = Math.min(rejected, MAX_STEPS + 1);
  while (rejected - accepted > 1) {
    const middle = Math.floor((accepted + rejected) / 2);
    if (fits(middle)) accepted = middle;
    else rejected = middle;
  }
  return accepted;
}

/**
 * Brackets from `start` by widening factors, then closes in by the Illinois rule on logarithms: few evaluations, because
 * one of them takes 3 to 300 ms.
 */
function leastMultiplier(costOf: (z: number) => number, epsilon: number, start: number): number {
  let [low, high] = [start, start];
  let lowCost = costOf(start);
  let highCost = lowCost;
  for (let factor = 1.06; lowCost <= epsilon; factor **= 2) {
    if (low <= MIN_NOISE_MULTIPLIER) return MIN_NOISE_MULTIPLIER;
    [high, highCost] = [low, lowCost];
    low = Math.max(low / factor, MIN_NOISE_MULTIPLIER);
    lowCost = costOf(low);
  }
  for (let factor = 1.06; highCost > epsilon; factor **= 2) {
    requireArgument(
      high < MAX_NOISE_MULTIPLIER,
      "epsilon",
      epsilon,
      "reachable with a noise multiplier of at most 1e6",
    );
    [low, lowCost] = [high, highCost];
    high = Math.min(high * factor, MAX_NOISE_MULTIPLIER);
    highCost = costOf(high);
  }
  return closeIn(costOf, epsilon, { low, lowCost, high, highCost });
}

interface Bracket {
  low: number;
  lowCost: number;
  high: number;
  highCost: number;
}

function closeIn(costOf: (z: number) => number, epsilon: number, bracket: Bracket): number {
  let { low, high } = bracket;
  const errorOf = (cost: number) => Math.log(Math.max(cost, epsilon * 1e-3) / (epsilon * (1 - SLACK / 2)));
  let [lowError, highError] = [errorOf(bracket.lowCost), errorOf(bracket.highCost)];
  let highCost = bracket.highCost;
  for (let round = 0; round < 60 && highCost < epsilon * (1 - SLACK) && high / low > 1 + 1e-9; round++) {
    const share = round % 8 === 7 ? 0.5 : lowError / (lowError - highError);
    const middle = low * (high / low) ** Math.min(Math.max(share, 0.01), 0.99);
    const cost = costOf(middle);
    if (cost <= epsilon) {
      [high, highCost, highError] = [middle, cost, errorOf(cost)];
      lowError /= 2;
    } else {
      [low, lowError] = [middle, errorOf(cost)];
      highError /= 2;
    }
  }
  return high;
}
