/** When a round started, or was committed; only differences count. */
export interface RoundMark {
  readonly round: number;
  readonly atMs: number;
}

/**
 * Time from each mark to the next in seconds, in the order of the rounds: everything between two rounds counts. The first mark of a
 * round is the one that counts, as several parties may note the same round.
 *
 * @param dropped number of the first rounds left out, in which processes start and code warms up.
 */
export function periodsOf(marks: readonly RoundMark[], dropped: number): number[] {
  const firstMs = new Map<number, number>();
  for (const { round, atMs } of marks) firstMs.set(round, Math.min(atMs, firstMs.get(round) ?? atMs));
  const rounds = [...firstMs.keys()].sort((left, right) => left - right).slice(dropped);
  return rounds.slice(1).map((round, index) => seconds(firstMs.get(round)! - firstMs.get(rounds[index]!)!));
}

/**
 * Time from the commit before to its own commit in seconds, of every round after the first `dropped`.
 *
 * @param marks commits of consecutive rounds from 0 on; the first round has no commit before it and never counts.
 */
export function commitPeriodsOf(marks: readonly RoundMark[], dropped: number): number[] {
  return periodsOf(marks, Math.max(dropped - 1, 0));
}

/** Marks of a peer's log: JSON lines `{round, at}` with `at` in seconds; an unfinished last line is left out. */
export function readRoundLog(text: string): RoundMark[] {
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const { round, at } = JSON.parse(line) as { round: number; at: number };
      return { round, atMs: at * 1000 };
    });
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
