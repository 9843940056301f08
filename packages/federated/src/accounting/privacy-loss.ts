import { requireArgument } from "../errors.ts";
import { requireNoiseMultiplier, requireSamplingRate } from "./bounds.ts";
import { erfc } from "./gaussian-tail.ts";

/**
 * A discrete privacy-loss distribution: the chance under P that the loss ln(P/Q) is `(firstIndex + i) * gridStep`, and
 * the chance that it is infinite. It dominates the distribution it was made from.
 */
export interface LossDistribution {
  /** Distance of neighbouring losses in nats, > 0. */
  readonly gridStep: number;
  /** Grid index of the first mass. */
  readonly firstIndex: number;
  /** Chance of each loss, >= 0. */
  readonly masses: Float64Array;
  /** Chance of an infinite loss. */
  readonly infinityMass: number;
}

/** The two orders of neighbours: the record is in P (`remove`) or in Q (`add`). Both must be protected. */
export interface NeighbourLosses {
  readonly remove: LossDistribution;
  readonly add: LossDistribution;
}

/** One step of the Poisson-subsampled Gaussian. */
export interface SampledGaussian {
  /** Chance of each record to be in the step, in (0, 1]. */
  readonly samplingRate: number;
  /** Noise standard deviation over the L2 sensitivity, in [0.05, 1e6]. */
  readonly noiseMultiplier: number;
}

/** Coarsest grid that losses are put on, in nats. */
export const MAX_GRID_STEP = 10;

/** Standard deviations of noise that the grid covers; the mass beyond, 1e-21 a step, counts as infinite loss. */
const COVERED_DEVIATIONS = 9.5;

/** Loss ln(P/Q) of `remove` when the noise is z standard deviations from where Q puts it; increasing in z. */
export function lossAt({ samplingRate, noiseMultiplier }: SampledGaussian, z: number): number {
  const exponent = z / noiseMultiplier - 1 / (2 * noiseMultiplier ** 2);
  // Far below zero exp(exponent) - 1 is -1, and only without sampling does nothing of the other Gaussian remain.
  if (samplingRate === 1) return exponent;
  return exponent > 600 ? Math.log(samplingRate) + exponent : Math.log1p(samplingRate * Math.expm1(exponent));
}

/** Least and greatest loss of `remove` that the grid covers. */
export function coveredLosses(mechanism: SampledGaussian): { low: number; high: number } {
  const high = lossAt(mechanism, 1 / mechanism.noiseMultiplier + COVERED_DEVIATIONS);
  return { low: lossAt(mechanism, -COVERED_DEVIATIONS), high };
}

/**
 * Puts the loss of one step on a grid by connecting the dots (Doroshenko et al., PoPETs 2022, section 5): the mass
 * between two grid points is divided between them so that its chance under P and under Q both stay. Tighter by far than
 * rounding the loss up, and still never below the true delta at any epsilon.
 *
 * @throws ArgumentError for a rate or multiplier out of range or a grid step not in (0, 10].
 */
export function discretiseLosses(mechanism: SampledGaussian, gridStep: number): NeighbourLosses {
  requireSamplingRate(mechanism.samplingRate);
  requireNoiseMultiplier(mechanism.noiseMultiplier);
  requireArgument(gridStep > 0 && gridStep <= MAX_GRID_STEP, "gridStep", gridStep, `> 0 and <= ${MAX_GRID_STEP}`);
  const { low, high } = coveredLosses(mechanism);
  const first = Math.floor(low / gridStep);
  const last = Math.ceil(high / gridStep);
  const remove = new Float64Array(last - first + 1);
  const add = new Float64Array(last - first + 1);
  const rise = -Math.expm1(-gridStep);
  const rate = mechanism.samplingRate;
  const shift = 1 / mechanism.noiseMultiplier;
  let before = deviationOf(mechanism, first * gridStep);
  const belowQ = tailBelow(before);
  const belowP = (1 - rate) * belowQ + rate * tailBelow(before - shift);
  let [tailQ, tailShifted] = [nearTail(before), nearTail(before - shift)];
  for (let i = 0; i < last - first; i++) {
    const after = deviationOf(mechanism, (first + i + 1) * gridStep);
    const [nextQ, nextShifted] = [nearTail(after), nearTail(after - shift)];
    const chanceQ = massBetween(before, after, tailQ, nextQ);
    const chanceShifted = massBetween(before - shift, after - shift, tailShifted, nextShifted);
    const chanceP = (1 - rate) * chanceQ + rate * chanceShifted;
    divide(remove, i, chanceP, (chanceP - chanceQ * Math.exp((first + i) * gridStep)) / rise);
    const mirrored = last - first - 1 - i;
    divide(add, mirrored, chanceQ, (chanceQ - chanceP * Math.exp(-(first + i + 1) * gridStep)) / rise);
    [before, tailQ, tailShifted] = [after, nextQ, nextShifted];
  }
  const aboveQ = tailBelow(-before);
  const aboveP = (1 - rate) * aboveQ + rate * tailBelow(shift - before);
  remove[0] = remove[0]! + belowP;
  add[0] = add[0]! + aboveQ;
  return {
    remove: { gridStep, firstIndex: first, masses: remove, infinityMass: aboveP },
    add: { gridStep, firstIndex: -last, masses: add, infinityMass: belowQ },
  };
}

/** Inverse of {@link lossAt}; minus infinity below the least possible loss. */
function deviationOf({ samplingRate, noiseMultiplier }: SampledGaussian, loss: number): number {
  const scaled = samplingRate === 1 ? loss : scaledLoss(samplingRate, loss);
  return Number.isNaN(scaled) ? Number.NEGATIVE_INFINITY : noiseMultiplier * scaled + 1 / (2 * noiseMultiplier);
}

/** The exponent of `lossAt` at which the loss is `loss`; NaN below the least possible loss. */
function scaledLoss(samplingRate: number, loss: number): number {
  return loss < 30
    ? Math.log((Math.expm1(loss) + samplingRate) / samplingRate)
    : loss + Math.log1p((samplingRate - 1) * Math.exp(-loss)) - Math.log(samplingRate);
}

/** Chance of the normal tail on z's own side of zero. */
function nearTail(z: number): number {
  return 0.5 * erfc(Math.abs(z) * Math.SQRT1_2);
}

function tailBelow(z: number): number {
  return 0.5 * erfc(-z * Math.SQRT1_2);
}

/** Normal chance of (low, high] from both near tails, without cancelling in either tail. */
function massBetween(low: number, high: number, lowTail: number, highTail: number): number {
  if (low > 0) return lowTail - highTail;
  return high <= 0 ? highTail - lowTail : 1 - lowTail - highTail;
}

function divide(masses: Float64Array, index: number, chance: number, upperShare: number): void {
  const upper = Math.min(Math.max(upperShare, 0), chance);
  masses[index + 1] = masses[index + 1]! + upper;
  masses[index] = masses[index]! + (chance - upper);
}
