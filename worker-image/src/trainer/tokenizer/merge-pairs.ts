/** Rank of a merge, by its two sides joined with a space; lower ranks merge first. */
export type MergeRanks = ReadonlyMap<string, number>;

/**
 * Byte-pair encoding of one word (Sennrich et al. 2016, algorithm 1 applied to new text): joins the adjacent pair of
 * lowest rank, everywhere it stands, until no adjacent pair has a rank.
 * @param word the word in the byte alphabet
 * @returns the pieces, in order; joined they are the word
 */
export function mergePairs(word: string, ranks: MergeRanks): string[] {
  let pieces = [...word];
  while (pieces.length > 1) {
    const best = lowestRankedPair(pieces, ranks);
    if (best === undefined) break;
    pieces = joinPair(pieces, best.left, best.right);
  }
  return pieces;
}

function lowestRankedPair(pieces: readonly string[], ranks: MergeRanks): { left: string; right: string } | undefined {
  let bestRank = Number.POSITIVE_INFINITY;
  let best: { left: string; right: string } | undefined;
  for (let index = 0; index + 1 < pieces.length; index++) {
    const left = pieces[index]!;
    const right = pieces[index + 1]!;
    const rank = ranks.get(`${left} ${right}`);
    if (rank !== undefined && rank < bestRank) {
      bestRank = rank;
      best = { left, right };
    }
  }
  return best;
}

function joinPair(pieces: readonly string[], left: string, right: string): string[] {
  const joined: string[] = [];
  for (let index = 0; index < pieces.length; index++) {
    if (pieces[index] === left && pieces[index + 1] === right) {
      joined.push(left + right);
      index++;
    } else {
      joined.push(pieces[index]!);
    }
  }
  return joined;
}
