import { commitPeriodsOf } from "./period.ts";

/** What the figures need of a line of the aggregator's ledger. */
export interface LedgerFigureLine {
  readonly round: number;
  readonly outcome: string;
  readonly cohorts: readonly { readonly survivors: readonly unknown[] }[];
  readonly bytes: Readonly<Record<string, { readonly up: number; readonly down: number }>>;
  readonly startedMs: number;
  readonly committedMs: number;
}

/** Figures of the rounds of one job. */
export interface LedgerFigures {
  /** Seconds from commit to commit. */
  readonly periods: readonly number[];
  /** Seconds from a round's start to its commit; what a period has beyond that lies between rounds. */
  readonly inside: readonly number[];
  /** Bytes of each round on the wire, both ways, all workers. */
  readonly bytes: readonly number[];
  /** Of these, what workers sent. */
  readonly bytesUp: readonly number[];
}

/**
 * Figures of the training rounds in a ledger without the first `dropped`; a last round that only evaluates does not count.
 *
 * @throws when a round lacks a worker's report or a round is missing: then it is not the same work as the peer's.
 */
export function figuresOf(lines: readonly LedgerFigureLine[], workers: number, dropped: number): LedgerFigures {
  const rounds = lines.filter(({ outcome }) => outcome === "Committed");
  rounds.forEach(({ round, cohorts }, index) => {
    const survivors = cohorts.flatMap((cohort) => cohort.survivors);
    if (round !== index) throw new Error(`the ledger holds round ${round} where ${index} was expected`);
    if (survivors.length !== workers) throw new Error(`round ${round} has ${survivors.length} reports, not ${workers}`);
  });
  return {
    periods: commitPeriodsOf(
      rounds.map(({ round, committedMs }) => ({ round, atMs: committedMs })),
      dropped,
    ),
    inside: rounds.slice(dropped).map(({ startedMs, committedMs }) => (committedMs - startedMs) / 1000),
    bytes: rounds.slice(dropped).map(({ bytes }) => sumOf(bytes, ({ up, down }) => up + down)),
    bytesUp: rounds.slice(dropped).map(({ bytes }) => sumOf(bytes, ({ up }) => up)),
  };
}

function sumOf(
  bytes: LedgerFigureLine["bytes"],
  count: (counted: { readonly up: number; readonly down: number }) => number,
): number {
  return Object.values(bytes).reduce((sum, counted) => sum + count(counted), 0);
}
