import { requireArgument } from "../errors.ts";
import { requireDelta, requireNoiseMultiplier, requireSamplingRate, requireSteps } from "./bounds.ts";
import { composeLosses, type RepeatedLoss } from "./compose-losses.ts";
import { gaussianEpsilon } from "./gaussian-exact.ts";
import { epsilonOfLosses } from "./loss-epsilon.ts";
import { coveredLosses, discretiseLosses, lossAt, MAX_GRID_STEP, type SampledGaussian } from "./privacy-loss.ts";
import { sampledGaussianEpsilon } from "./sampled-gaussian-epsilon.ts";

/** A subsampled Gaussian and how many steps of it were taken. */
export interface SampledGaussianSteps extends SampledGaussian {
  /** Steps, 1 to 1e9. */
  readonly steps: number;
}

/** Grid steps in one standard deviation of a step's loss: the variance that the grid adds stays below 2e-4 of it. */
const GRID_STEPS_PER_DEVIATION = 32;
/** Coarsest grid that is chosen while the points allow it. */
const COARSEST_GRID_STEP = 1e-3;
/** Most grid points of one step's loss. */
const MAX_STEP_POINTS = 2 ** 17;
/** Share of delta that may leave the window of the composition. */
const TAIL_SHARE = 1e-7;

/**
 * Epsilon at a delta of any sequence of subsampled Gaussian steps, by privacy-loss distributions; the greater of adding
 * and removing a record.
 *
 * With every sampling rate 1 the Gaussians compose into one and the exact formula answers. Otherwise the bound is from
 * above; within about 2e-4 relative up to 1e4 steps while delta >= 1e-9 and the sampling rate >= 1e-5. Outside of that the
 * rounding of the Fourier transform, which grows with the steps (2e-3 at 1e6, 1e-2 at 1e7, 6e-2 at 1e9), and a grid coarser
 * than a step's loss make it looser: the answer is then never above the one of Renyi divergences, which is a bound as well.
 *
 * @param parts At least one; equal mechanisms may be given apart.
 * @throws ArgumentError for no parts, or a rate, multiplier, steps or delta out of range.
 */
export function pldEpsilon(parts: readonly SampledGaussianSteps[], deltaDp: number): number {
  requireArgument(parts.length > 0, "parts.length", parts.length, ">= 1");
  requireDelta(deltaDp);
  for (const part of parts) {
    requireSamplingRate(part.samplingRate);
    requireNoiseMultiplier(part.noiseMultiplier);
    requireSteps(part.steps);
  }
  if (parts.every(({ samplingRate }) => samplingRate === 1)) {
    return gaussianEpsilon(
      Math.sqrt(parts.reduce((sum, part) => sum + part.steps / part.noiseMultiplier ** 2, 0)),
      deltaDp,
    );
  }
  const ceiling = sampledGaussianEpsilon(parts, deltaDp);
  for (let gridStep = chooseGridStep(parts); gridStep <= MAX_GRID_STEP; gridStep *= 2) {
    const epsilon = epsilonOnGrid(parts, deltaDp, gridStep);
    if (epsilon !== undefined) return Math.min(epsilon, ceiling);
  }
  return ceiling;
}

/** The greater epsilon of both neighbour orders, `undefined` when the grid is too fine to compose on. */
function epsilonOnGrid(parts: readonly SampledGaussianSteps[], deltaDp: number, gridStep: number): number | undefined {
  const discrete = parts.map((part) => ({ ...discretiseLosses(part, gridStep), steps: part.steps }));
  let greatest = 0;
  for (const neighbour of ["remove", "add"] as const) {
    const repeated = discrete.map((part): RepeatedLoss => ({ losses: part[neighbour], steps: part.steps }));
    const composed = composeLosses(repeated, TAIL_SHARE * deltaDp);
    if ("kind" in composed) return undefined;
    greatest = Math.max(greatest, epsilonOfLosses(composed, deltaDp));
  }
  return greatest;
}

/** A grid as fine as the spread of an average step's loss asks for, and as coarse as the points of one step need. */
function chooseGridStep(parts: readonly SampledGaussianSteps[]): number {
  const steps = parts.reduce((sum, part) => sum + part.steps, 0);
  const variance = parts.reduce((sum, part) => sum + part.steps * leastLossVariance(part), 0) / steps;
  const range = Math.max(...parts.map((part) => coveredLosses(part).high - coveredLosses(part).low));
  const wanted = Math.min(Math.sqrt(variance) / GRID_STEPS_PER_DEVIATION, COARSEST_GRID_STEP);
  return Math.max(wanted, range / MAX_STEP_POINTS);
}

/** Variance of one step's loss, the lesser of both neighbour orders, by the trapezoidal rule. */
function leastLossVariance(part: SampledGaussianSteps): number {
  const shift = 1 / part.noiseMultiplier;
  const width = Math.min(0.1, part.noiseMultiplier / 4);
  const [remove, add] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  for (let z = -10; z < 10 + shift; z += width) {
    const loss = lossAt(part, z);
    const weightQ = Math.exp(-0.5 * z * z);
    const weightP = (1 - part.samplingRate) * weightQ + part.samplingRate * Math.exp(-0.5 * (z - shift) ** 2);
    for (let power = 0; power < 3; power++) {
      remove[power] = remove[power]! + weightP * loss ** power;
      add[power] = add[power]! + weightQ * loss ** power;
    }
  }
  const varianceOf = ([total, first, second]: number[]) => second! / total! - (first! / total!) ** 2;
  return Math.max(Math.min(varianceOf(remove), varianceOf(add)), Number.MIN_VALUE);
}
