import { requireArgument } from "../errors.ts";
import { requireDelta } from "./bounds.ts";
import type { LossDistribution } from "./privacy-loss.ts";

/**
 * Delta of a loss distribution at an epsilon, its hockey-stick divergence:
 * `infinityMass + Σ_{loss > eps} mass * (1 - exp(eps - loss))`.
 *
 * @throws ArgumentError when epsilon is not finite.
 */
export function deltaOfLosses(
  { gridStep, firstIndex, masses, infinityMass }: LossDistribution,
  epsilon: number,
): number {
  requireArgument(Number.isFinite(epsilon), "epsilon", epsilon, "finite");
  let delta = infinityMass;
  for (let i = masses.length - 1; i >= 0; i--) {
    const excess = (firstIndex + i) * gridStep - epsilon;
    if (excess <= 0) break;
    delta -= masses[i]! * Math.expm1(-excess);
  }
  return delta;
}

/**
 * Least epsilon >= 0 at which the delta of a loss distribution is at most `deltaDp`; infinite when the infinite losses
 * alone exceed it. Exact on the grid: between two grid points delta is linear in exp(epsilon).
 *
 * @throws ArgumentError for a delta outside (0, 1).
 */
export function epsilonOfLosses(
  { gridStep, firstIndex, masses, infinityMass }: LossDistribution,
  deltaDp: number,
): number {
  requireDelta(deltaDp);
  if (infinityMass > deltaDp) return Number.POSITIVE_INFINITY;
  let above = infinityMass;
  let discounted = 0;
  for (let i = masses.length - 1; i >= 0; i--) {
    const loss = (firstIndex + i) * gridStep;
    if (loss <= 0) return 0;
    above += masses[i]!;
    discounted = discounted * Math.exp(-gridStep) + masses[i]!;
    const deltaBelow = above - discounted * Math.exp(-gridStep);
    if (deltaBelow > deltaDp) return Math.max(0, loss + Math.log((above - deltaDp) / discounted));
  }
  return 0;
}
