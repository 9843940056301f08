import type { Rational } from "./rational.ts";

/**
 * The Poisson distribution function in integers, with its error: the chance of at most `first + i` lies between
 * `cumulative[i] / (total + error)` and `(cumulative[i] + error) / total`.
 */
export interface PoissonBounds {
  /** Least value that has a weight of its own. */
  readonly first: number;
  /** Running sums of weights, rounded down. */
  readonly cumulative: readonly bigint[];
  /** Sum of all weights, rounded down. */
  readonly total: bigint;
  /** How much any running sum may be too small. */
  readonly error: bigint;
}

/**
 * Bounds of the Poisson distribution function by interval arithmetic over integers.
 *
 * Weights are relative to the mode, whose weight is 2^fractionBits. Each step to a neighbour multiplies by a ratio of at
 * most 1 and rounds down, so a weight d steps away is too small by less than d. Weights below 2^(fractionBits / 3) are
 * left out; what they and all beyond them hold is bounded by a geometric series and counted as error.
 *
 * @param mean A fraction > 0.
 * @param fractionBits At least 96.
 */
export function boundPoisson(mean: Rational, fractionBits: number): PoissonBounds {
  const { numerator, denominator } = mean;
  const mode = numerator / denominator;
  const unit = 1n << BigInt(fractionBits);
  const least = 1n << BigInt(Math.floor(fractionBits / 3));
  const below: bigint[] = [];
  let weight = unit;
  for (let k = mode; k > 0n && weight >= least; k--) {
    weight = (weight * k * denominator) / numerator;
    below.push(weight);
  }
  const above: bigint[] = [];
  weight = unit;
  let next = mode + 1n;
  for (; weight >= least; next++) {
    weight = (weight * numerator) / (next * denominator);
    above.push(weight);
  }
  const weights = [...below.reverse(), unit, ...above];
  let total = 0n;
  const cumulative = weights.map((each) => {
    total += each;
    return total;
  });
  const first = Number(mode) - below.length;
  const reach = BigInt(weights.length);
  const upperTail = geometricTail(weights.at(-1)! + reach, numerator, next * denominator);
  const lowerTail = first > 0 ? geometricTail(weights[0]! + reach, BigInt(first) * denominator, numerator) : 0n;
  return { first, cumulative, total, error: reach * reach + upperTail + lowerTail };
}

/** Upper bound of `weight * (r + r² + …)` with r = ratioNumerator / ratioDenominator < 1. */
function geometricTail(weight: bigint, ratioNumerator: bigint, ratioDenominator: bigint): bigint {
  return (weight * ratioNumerator) / (ratioDenominator - ratioNumerator) + 1n;
}
