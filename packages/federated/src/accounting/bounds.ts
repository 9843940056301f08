import { requireArgument, requireInteger } from "../errors.ts";

/** Least noise multiplier that is accounted with; below it epsilon is in the hundreds and says nothing. */
export const MIN_NOISE_MULTIPLIER = 0.05;
/** Largest noise multiplier that is accounted with. */
export const MAX_NOISE_MULTIPLIER = 1e6;
/** Most compositions of one mechanism. */
export const MAX_STEPS = 1e9;
/** Largest epsilon that is asked for or budgeted. */
export const MAX_EPSILON = 1e4;

/** Refuses a sampling rate outside (0, 1]; throws ArgumentError. */
export function requireSamplingRate(samplingRate: number): void {
  requireArgument(samplingRate > 0 && samplingRate <= 1, "samplingRate", samplingRate, "> 0 and <= 1");
}

/** Refuses a noise multiplier (noise standard deviation over sensitivity) outside [0.05, 1e6]; throws ArgumentError. */
export function requireNoiseMultiplier(noiseMultiplier: number): void {
  const accepted = noiseMultiplier >= MIN_NOISE_MULTIPLIER && noiseMultiplier <= MAX_NOISE_MULTIPLIER;
  const bound = `>= ${MIN_NOISE_MULTIPLIER} and <= ${MAX_NOISE_MULTIPLIER}`;
  requireArgument(accepted, "noiseMultiplier", noiseMultiplier, bound);
}

/** Refuses a number of compositions that is no integer from 1 to 1e9; throws ArgumentError. */
export function requireSteps(steps: number): void {
  requireInteger("steps", steps, 1, MAX_STEPS);
}

/** Refuses a delta outside (0, 1); throws ArgumentError. */
export function requireDelta(deltaDp: number): void {
  requireArgument(deltaDp > 0 && deltaDp < 1, "deltaDp", deltaDp, "> 0 and < 1");
}

/** Refuses an epsilon outside (0, 1e4]; throws ArgumentError. */
export function requireEpsilon(epsilon: number, argument = "epsilon"): void {
  requireArgument(epsilon > 0 && epsilon <= MAX_EPSILON, argument, epsilon, `> 0 and <= ${MAX_EPSILON}`);
}
