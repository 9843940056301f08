import { createHash } from "node:crypto";
import { TributaryError } from "@tributary/kit";

/** How a round in the ledger ended. */
export const LedgerOutcome = { Committed: "Committed", Evaluated: "Evaluated" } as const;
/** One of the values of {@link LedgerOutcome}. */
export type LedgerOutcome = (typeof LedgerOutcome)[keyof typeof LedgerOutcome];

/** One opened metric: sum and count over the survivors. */
export interface LedgerMetric {
  readonly sum: number;
  readonly count: number;
}

/** A party in a committed sum. */
export interface LedgerParty {
  readonly participant: string;
  readonly workerIndex: number;
}

/** One committed round, as it is written. Digests are hexadecimal SHA-256. */
export interface LedgerLine {
  readonly version: 1;
  readonly jobUid: string;
  readonly round: number;
  readonly attempt: number;
  readonly outcome: LedgerOutcome;
  /** Digest of the line before; of the source and initial model for round 0. */
  readonly previous: string;
  /** The model that the round started from, which the metrics describe. */
  readonly baseSha256: string;
  /** The model after the round; the base model's again when the round only evaluated. */
  readonly modelSha256: string;
  /** State of the server optimiser after the round; empty when it has none. */
  readonly optimiserSha256: string;
  readonly strategy: string;
  readonly survivors: readonly LedgerParty[];
  readonly dropOuts: number;
  /** By name, summed over the survivors. */
  readonly metrics: Readonly<Record<string, LedgerMetric>>;
  /** Quantiser step of each update segment as an exponent of two. */
  readonly stepExponents: readonly number[];
  /** The same for the next round. */
  readonly nextStepExponents: readonly number[];
  readonly saturated: number;
  readonly localSteps: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  /** Milliseconds since 1970. */
  readonly committedMs: number;
}

/** The bytes of a line: its JSON in the order of the fields above, and a newline. Their SHA-256 is what the next line names. */
export function encodeLedgerLine(line: LedgerLine): Uint8Array {
  return Buffer.from(`${JSON.stringify(line)}\n`, "utf8");
}

/** Digest of a line's bytes in hexadecimal. */
export function ledgerLineSha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Reads a line and checks that it continues the chain.
 *
 * @throws LEDGER_CORRUPT naming round and field.
 */
export function parseLedgerLine(
  bytes: Uint8Array,
  expected: { jobUid: string; round: number; previous: string },
): LedgerLine {
  let line: LedgerLine;
  try {
    line = JSON.parse(Buffer.from(bytes).toString("utf8")) as LedgerLine;
  } catch (cause) {
    throw corrupt(expected.round, "line", "no JSON", cause);
  }
  for (const field of ["jobUid", "round", "previous"] as const) {
    if (line[field] !== expected[field])
      throw corrupt(expected.round, field, `${line[field]}, must be ${expected[field]}`);
  }
  return line;
}

/** The error for a ledger or checkpoint that is not what its digest says. */
export function corrupt(round: number, what: string, found: string, cause?: unknown): TributaryError {
  return new TributaryError(
    "LEDGER_CORRUPT",
    `round ${round}: ${what} is ${found}; restore the data directory from a backup`,
    {
      details: { round, what },
      cause,
    },
  );
}
