/**
 * Largest number of a setup that a party is believed to have taken: half of what there are, so that one that lies costs the job the other
 * half at most, which no job lives to use up.
 */
const LARGEST_CLAIM = 2 ** 31;

/**
 * Number of the next setup: above the last of this aggregator and above what its parties have taken, which is more where its volume was
 * restored from a backup. A claim beyond all reason counts for nothing, and costs nobody but its party a round.
 *
 * @param last number of the last setup that this aggregator made, 0 before the first.
 * @param taken of each party of the next roster, the number of the newest setup that it took.
 */
export function nextSetup(last: number, taken: readonly number[]): number {
  return Math.max(last, ...taken.filter((claim) => claim <= LARGEST_CLAIM)) + 1;
}
