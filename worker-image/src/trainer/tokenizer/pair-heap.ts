/** A pair of neighbouring pieces that may be joined, while both still are what they were. */
export type PairCandidate = {
  readonly rank: number;
  /** Index of the left piece. */
  readonly at: number;
  readonly left: string;
  readonly right: string;
};

/** A binary heap of candidates: the lowest rank first, of equal ranks the leftmost. */
export class PairHeap {
  readonly #items: PairCandidate[] = [];

  /** Adds a candidate. */
  push(candidate: PairCandidate): void {
    const items = this.#items;
    let at = items.length;
    items.push(candidate);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(candidate, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = candidate;
  }

  /** Takes the first candidate; undefined when there is none. */
  pop(): PairCandidate | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child += 1;
      if (!isBefore(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return first;
  }
}

function isBefore(left: PairCandidate, right: PairCandidate): boolean {
  return left.rank < right.rank || (left.rank === right.rank && left.at < right.at);
}
