/** A party of the next roster, and the number of the newest setup that it says it took. */
export interface TakenSetup {
  readonly organisation: string;
  readonly lastSetup: number;
}

/** Largest number that one organisation is believed: as many again, a hundred rounds a second for half a year, are left after it. */
const LARGEST_OF_ONE = 2 ** 31;
/** Largest number that two are believed: a million are left after it. */
const LARGEST_OF_TWO = 2 ** 32 - 2 ** 20;

/**
 * Number of the next setup: above the last of this aggregator and above what its parties have taken, which is more where its volume was
 * restored from a backup.
 *
 * A number that parties of one organisation alone claim is not believed where there are others: whoever lies costs its own workers rounds,
 * whose setups they refuse. Each attempt is a number further, so that true claims of one organisation are reached too.
 *
 * @param last number of the last setup that this aggregator made, 0 before the first.
 */
export function nextSetup(last: number, taken: readonly TakenSetup[]): number {
  const hasOthers = new Set(taken.map(({ organisation }) => organisation)).size > 1;
  const bound = hasOthers ? LARGEST_OF_TWO : LARGEST_OF_ONE;
  const largest = new Map<string, number>();
  for (const { organisation, lastSetup } of taken)
    if (lastSetup <= bound) largest.set(organisation, Math.max(largest.get(organisation) ?? 0, lastSetup));
  const claims = [...largest.values()].sort((a, b) => b - a);
  return Math.max(last, (hasOthers ? claims[1] : claims[0]) ?? 0) + 1;
}
