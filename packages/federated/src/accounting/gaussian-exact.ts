import { requireArgument } from "../errors.ts";
import { requireDelta, requireEpsilon } from "./bounds.ts";
import { erfcx, normalCdf } from "./gaussian-tail.ts";

/**
 * Exact delta of the Gaussian mechanism at an epsilon (Balle and Wang, ICML 2018, theorem 8):
 * `Phi(mu/2 - eps/mu) - e^eps Phi(-mu/2 - eps/mu)`.
 *
 * `mu` is sensitivity over noise; T compositions at multiplier z have `mu = sqrt(T)/z`, because Gaussians compose into
 * one. Computed without forming e^eps, so large epsilon does not overflow.
 *
 * @throws ArgumentError unless mu is positive and finite and epsilon finite.
 */
export function gaussianDelta(mu: number, epsilon: number): number {
  requireMu(mu);
  requireArgument(Number.isFinite(epsilon), "epsilon", epsilon, "finite");
  const left = mu / 2 - epsilon / mu;
  const right = -mu / 2 - epsilon / mu;
  const shared = 0.5 * Math.exp(-0.5 * left * left);
  const subtrahend = right > 0 ? Math.exp(epsilon) * normalCdf(right) : shared * erfcx(-right * Math.SQRT1_2);
  const minuend = left < 0 ? shared * erfcx(-left * Math.SQRT1_2) : normalCdf(left);
  return Math.max(0, minuend - subtrahend);
}

/**
 * Exact epsilon of the Gaussian mechanism at a delta, 0 when delta covers even epsilon 0. Rounded up by at most 1e-12
 * relative.
 *
 * @throws ArgumentError for mu not positive and finite, or delta outside (0, 1).
 */
export function gaussianEpsilon(mu: number, deltaDp: number): number {
  requireMu(mu);
  requireDelta(deltaDp);
  if (gaussianDelta(mu, 0) <= deltaDp) return 0;
  let high = 1;
  while (gaussianDelta(mu, high) > deltaDp) high *= 2;
  return bisect(high === 1 ? 0 : high / 2, high, (epsilon) => gaussianDelta(mu, epsilon) <= deltaDp);
}

/**
 * Largest mu whose Gaussian mechanism stays within (epsilon, delta): the noise multiplier of one use is 1/mu, of T uses
 * `sqrt(T)/mu`.
 *
 * @throws ArgumentError for epsilon or delta out of range.
 */
export function calibrateGaussian(epsilon: number, deltaDp: number): number {
  requireEpsilon(epsilon);
  requireDelta(deltaDp);
  const leastNoise = bisect(1e-9, 1e9, (noise) => gaussianDelta(1 / noise, epsilon) <= deltaDp);
  return 1 / leastNoise;
}

/**
 * Least value in [low, high] that `accepts`, which must turn from false to true once; the answer is accepted.
 * Geometric steps where the interval spans orders of magnitude.
 */
function bisect(low: number, high: number, accepts: (value: number) => boolean): number {
  let [rejected, accepted] = [low, high];
  while (accepted - rejected > 1e-12 * accepted) {
    const middle = rejected > 0 && accepted / rejected > 4 ? Math.sqrt(rejected * accepted) : (rejected + accepted) / 2;
    if (middle === rejected || middle === accepted) break;
    if (accepts(middle)) accepted = middle;
    else rejected = middle;
  }
  return accepted;
}

function requireMu(mu: number): void {
  requireArgument(mu > 0 && Number.isFinite(mu), "mu", mu, "> 0 and finite");
}
