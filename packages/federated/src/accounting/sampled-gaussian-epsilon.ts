import { RENYI_ORDERS } from "./orders.ts";
import type { SampledGaussian } from "./privacy-loss.ts";
import { epsilonOfComposition } from "./renyi-conversion.ts";
import { sampledGaussianRenyi } from "./sampled-gaussian-renyi.ts";

/**
 * Epsilon at a delta of subsampled Gaussian steps by Renyi divergences, which add over the steps. Looser than privacy-loss
 * distributions where those are exact, and no number of steps makes it lose digits.
 *
 * @throws ArgumentError for a rate, multiplier or delta out of range.
 */
export function sampledGaussianEpsilon(
  parts: readonly (SampledGaussian & { readonly steps: number })[],
  deltaDp: number,
): number {
  const repeated = parts.map(({ samplingRate, noiseMultiplier, steps }) => ({
    divergences: sampledGaussianRenyi(samplingRate, noiseMultiplier, RENYI_ORDERS),
    steps,
  }));
  return epsilonOfComposition(RENYI_ORDERS, repeated, deltaDp);
}
