import { type RandomBytes, sampleBernoulli, sampleBernoulliExp, uniformBelow } from "./bernoulli.ts";
import { integerSquareRoot, type Rational, requirePositive } from "./rational.ts";

const ONE_HALF: Rational = { numerator: 1n, denominator: 2n };
const ONE: Rational = { numerator: 1n, denominator: 1n };

/**
 * Sample of the discrete Laplace distribution, `P[x] ~ exp(-|x| / scale)` over the integers, exactly (Canonne, Kamath
 * and Steinke, NeurIPS 2020, algorithm 2). Expected work does not depend on the scale.
 *
 * @throws ArgumentError for a scale that is not above 0.
 */
export function sampleDiscreteLaplace(scale: Rational, random: RandomBytes): bigint {
  requirePositive("scale", scale);
  const { numerator, denominator } = scale;
  for (;;) {
    const remainder = uniformBelow(numerator, random);
    if (!sampleBernoulliExp({ numerator: remainder, denominator: numerator }, random)) continue;
    let quotient = 0n;
    while (sampleBernoulliExp(ONE, random)) quotient += 1n;
    const magnitude = (remainder + numerator * quotient) / denominator;
    const negative = sampleBernoulli(ONE_HALF, random);
    if (negative && magnitude === 0n) continue;
    return negative ? -magnitude : magnitude;
  }
}

/**
 * Sample of the discrete Gaussian, `P[x] ~ exp(-x² / (2 variance))` over the integers, exactly, by rejection from the
 * discrete Laplace (Canonne, Kamath and Steinke, NeurIPS 2020, algorithm 3). About two trials a sample.
 *
 * Sums of these are not discrete Gaussian: for noise that several parties add, use Skellam noise.
 *
 * @throws ArgumentError for a variance that is not above 0.
 */
export function sampleDiscreteGaussian(variance: Rational, random: RandomBytes): bigint {
  requirePositive("variance", variance);
  const { numerator, denominator } = variance;
  const scale = integerSquareRoot(numerator / denominator) + 1n;
  for (;;) {
    const candidate = sampleDiscreteLaplace({ numerator: scale, denominator: 1n }, random);
    const magnitude = candidate < 0n ? -candidate : candidate;
    const distance = magnitude * scale * denominator - numerator;
    const rate = { numerator: distance * distance, denominator: 2n * numerator * denominator * scale * scale };
    if (sampleBernoulliExp(rate, random)) return candidate;
  }
}
