import { requireArgument, requireInteger } from "../errors.ts";

/** A stream of uniform 32-bit unsigned integers, for one permutation. */
export type UniformWords = () => number;

/** A random permutation of 0 … size - 1 by Fisher and Yates, from the top down, each index drawn without bias. */
export function shuffledRanks(size: number, nextWord: UniformWords): number[] {
  const ranks = Array.from({ length: size }, (_, rank) => rank);
  for (let last = size - 1; last > 0; last--) {
    const other = uniformBelow(last + 1, nextWord);
    [ranks[last], ranks[other]] = [ranks[other]!, ranks[last]!];
  }
  return ranks;
}

/**
 * Neighbours of every rank in the k-regular Harary graph over a permutation: the k/2 next and the k/2 previous places, ascending.
 *
 * @param order a permutation of 0 … n - 1.
 * @param neighbours k, even and below n.
 * @throws ArgumentError for another number of neighbours.
 */
export function circulantNeighbours(order: readonly number[], neighbours: number): number[][] {
  requireInteger("neighbours", neighbours, 2, order.length - 1);
  requireArgument(neighbours % 2 === 0, "neighbours", neighbours, "even");
  const lists: number[][] = Array.from(order, () => []);
  order.forEach((rank, place) => {
    for (let step = 1; step <= neighbours / 2; step++) {
      const next = order[(place + step) % order.length]!;
      lists[rank]!.push(next);
      lists[next]!.push(rank);
    }
  });
  return lists.map((list) => [...new Set(list)].sort((a, b) => a - b));
}

/** Draws words until one lies below the largest multiple of `bound`, then reduces it. */
function uniformBelow(bound: number, nextWord: UniformWords): number {
  const limit = 2 ** 32 - (2 ** 32 % bound);
  let word = nextWord();
  while (word >= limit) word = nextWord();
  return word % bound;
}
