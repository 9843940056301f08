import { requireArgument, requireInteger } from "../errors.ts";

/** How parties count in a mean: all alike, or by their number of samples, which costs ring bits. */
export const Weighting = { Uniform: "Uniform", Samples: "Samples" } as const;

/** One of the values of {@link Weighting}. */
export type Weighting = (typeof Weighting)[keyof typeof Weighting];

/** Bits of a sample weight: relative weights are exact to 1/255 of the largest. */
export const WEIGHT_BITS = 8;

/**
 * A party's integer weight, `round(samples / maxSamples · (2^8 - 1))`, at least 1.
 *
 * The party multiplies its update with it before quantising and sends it as the last value of every update segment, so that the
 * mean over whoever survived is Σ w·x / Σ w.
 *
 * @param maxSamples the largest number of samples a party may claim, from the plan.
 * @throws ArgumentError unless 1 ≤ samples ≤ maxSamples.
 */
export function sampleWeight(samples: number, maxSamples: number): number {
  requireInteger("maxSamples", maxSamples, 1, Number.MAX_SAFE_INTEGER);
  requireInteger("samples", samples, 1, maxSamples);
  return Math.max(1, Math.round((samples / maxSamples) * (2 ** WEIGHT_BITS - 1)));
}

/** Multiplies an update with its weight, `out = w·x`; ArgumentError when w is not an integer of 1..255 or lengths differ. */
export function applyWeight(x: Float32Array, weight: number, out: Float32Array): Float32Array {
  requireInteger("weight", weight, 1, 2 ** WEIGHT_BITS - 1);
  requireArgument(out.length === x.length, "out", out, `${x.length} values like x`);
  for (let i = 0; i < x.length; i++) out[i] = weight * x[i]!;
  return out;
}
