import { requireArgument, requireInteger } from "../errors.ts";
import { requireNoiseMultiplier } from "./bounds.ts";

/** What the next clip norm is made from. */
export interface ClipObservation {
  /** Clip norm of the round, > 0. */
  readonly clipNorm: number;
  /** Noised share of the parties whose update was within the clip norm; may leave [0, 1] by noise. */
  readonly noisedShareWithin: number;
  /** Share that should be within, in (0, 1); 0.5 when left out. */
  readonly quantile?: number;
  /** Geometric learning rate, in (0, 2]; 0.2 when left out. */
  readonly learningRate?: number;
}

/**
 * Clip norm of the next round: `C exp(-rate (share - quantile))` (Andrew et al., NeurIPS 2021, algorithm 1), with the
 * share held to [0, 1] so that noise cannot throw the norm.
 *
 * @throws ArgumentError for a norm, share, quantile or rate out of range.
 */
export function adaptClipNorm(observation: ClipObservation): number {
  const { clipNorm, noisedShareWithin, quantile = 0.5, learningRate = 0.2 } = observation;
  requireArgument(clipNorm > 0 && Number.isFinite(clipNorm), "clipNorm", clipNorm, "> 0 and finite");
  requireArgument(Number.isFinite(noisedShareWithin), "noisedShareWithin", noisedShareWithin, "finite");
  requireArgument(quantile > 0 && quantile < 1, "quantile", quantile, "> 0 and < 1");
  requireArgument(learningRate > 0 && learningRate <= 2, "learningRate", learningRate, "> 0 and <= 2");
  const share = Math.min(Math.max(noisedShareWithin, 0), 1);
  return clipNorm * Math.exp(-learningRate * (share - quantile));
}

/** How a noise multiplier is divided between the updates and the count of clipped parties. */
export interface DividedNoise {
  /** Standard deviation of the noise on the count, in parties. */
  readonly countDeviation: number;
  /** Noise multiplier of the updates: their noise has standard deviation `updateMultiplier * clipNorm` on the sum. */
  readonly updateMultiplier: number;
}

/**
 * Divides the noise multiplier so that updates and count together account as `noiseMultiplier` (Andrew et al., NeurIPS
 * 2021, theorem 1): `updateMultiplier = (z^-2 - (2 s)^-2)^(-1/2)` with s the deviation of the count.
 *
 * The paper's s = n/20 has no solution for n <= 10 z, which is where most federations of organisations are. So
 * `s = max(n/20, z)`: the update noise then grows by at most 15.5 %.
 *
 * @param noiseMultiplier z, in [0.05, 1e6].
 * @param parties Parties of the round, at least 1.
 * @throws ArgumentError for a multiplier or number of parties out of range.
 */
export function divideNoiseMultiplier(noiseMultiplier: number, parties: number): DividedNoise {
  requireNoiseMultiplier(noiseMultiplier);
  requireInteger("parties", parties, 1, 2 ** 31);
  const countDeviation = Math.max(parties / 20, noiseMultiplier);
  const updateMultiplier = 1 / Math.sqrt(noiseMultiplier ** -2 - (2 * countDeviation) ** -2);
  return { countDeviation, updateMultiplier };
}
