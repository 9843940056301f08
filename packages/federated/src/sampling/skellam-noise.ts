import { requireArgument } from "../errors.ts";
import type { RandomBytes } from "./bernoulli.ts";
import { createPoissonSampler, MAX_POISSON_MEAN } from "./poisson.ts";
import { type Rational, requirePositive } from "./rational.ts";
import { type WordSource, wordsOf } from "./word-source.ts";

/** Most words that {@link SkellamSampler.addTo} fetches together: 16 KiB of the stream. */
const MOST_WORDS_AT_ONCE = 4096;
/** Words of a sample: two Poisson numbers of 64 bits. */
const WORDS_PER_SAMPLE = 4;

/** Draws Skellam noise of one variance, exactly. */
export interface SkellamSampler {
  /** One sample, from 16 bytes of the stream but with chance below 2^-39. */
  readonly sample: (random: RandomBytes) => number;
  /** Adds a sample to every element of `target`, in order. Takes the stream in pieces of up to 16 KiB and drops what is left of the last. */
  readonly addTo: (target: Int32Array, random: RandomBytes) => void;
}

/**
 * Prepares Skellam noise: the difference of two independent Poisson numbers, each with half the variance as its mean.
 * Sums of such noise are again Skellam, with the sum of the variances, so parties can add it apart.
 *
 * Give each block of a vector that can be sent again its own stream: how many bytes a sample takes is not fixed.
 *
 * @param variance Variance in squared grid steps, a fraction in (0, 2^33].
 * @throws ArgumentError for a variance out of range.
 */
export function createSkellamSampler(variance: Rational): SkellamSampler {
  requirePositive("variance", variance);
  const mean = { numerator: variance.numerator, denominator: 2n * variance.denominator };
  const isBounded = mean.numerator <= mean.denominator * BigInt(MAX_POISSON_MEAN);
  const text = `${variance.numerator}/${variance.denominator}`;
  requireArgument(isBounded, "variance", text, `<= ${2 * MAX_POISSON_MEAN}`);
  const poisson = createPoissonSampler(mean);
  const draw = (words: WordSource) => {
    const plus = poisson.draw(words);
    return plus - poisson.draw(words);
  };
  return {
    sample: (random) => draw(wordsOf(random, 2)),
    addTo(target, random) {
      const words = wordsOf(random, Math.max(1, Math.min(MOST_WORDS_AT_ONCE, WORDS_PER_SAMPLE * target.length)));
      for (let i = 0; i < target.length; i++) target[i] = target[i]! + draw(words);
    },
  };
}
