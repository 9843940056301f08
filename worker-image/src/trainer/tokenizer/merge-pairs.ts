import { PairHeap } from "./pair-heap.ts";

/** Rank of a merge, by its two sides joined with a space; lower ranks merge first. */
export type MergeRanks = ReadonlyMap<string, number>;

/**
 * Byte-pair encoding of one word (Sennrich et al. 2016, algorithm 1 applied to new text): joins the adjacent pair of
 * lowest rank, of equal ones the leftmost, until no adjacent pair has a rank. A word of n characters costs O(n log n).
 * @param word the word in the byte alphabet
 * @returns the pieces, in order; joined they are the word
 */
export function mergePairs(word: string, ranks: MergeRanks): string[] {
  const pieces: (string | undefined)[] = [...word];
  const next = Int32Array.from(pieces, (_, index) => (index + 1 < pieces.length ? index + 1 : -1));
  const previous = Int32Array.from(pieces, (_, index) => index - 1);
  const heap = new PairHeap();
  const offer = (at: number): void => {
    const left = pieces[at];
    const right = at < 0 || next[at]! < 0 ? undefined : pieces[next[at]!];
    const rank = left === undefined || right === undefined ? undefined : ranks.get(`${left} ${right}`);
    if (rank !== undefined) heap.push({ rank, at, left: left!, right: right! });
  };
  for (let at = 0; at + 1 < pieces.length; at++) offer(at);
  for (let pair = heap.pop(); pair !== undefined; pair = heap.pop()) {
    const { at, left, right } = pair;
    const after = next[at]!;
    // One of the two was joined with another piece meanwhile.
    if (pieces[at] !== left || after < 0 || pieces[after] !== right) continue;
    pieces[at] = left + right;
    pieces[after] = undefined;
    next[at] = next[after]!;
    if (next[at]! >= 0) previous[next[at]!] = at;
    if (previous[at]! >= 0) offer(previous[at]!);
    offer(at);
  }
  return pieces.filter((piece) => piece !== undefined);
}
