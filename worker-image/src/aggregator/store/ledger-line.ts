import { createHash } from "node:crypto";
import type { RecipeState } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";

/** Version of the lines that are written and read. */
export const LEDGER_VERSION = 2;

/** The object that every job has: what it trains, and what its checkpoints hold. */
export const MODEL = "model";

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

/** The sum of one segment, as whoever computes the round again needs it. */
export interface LedgerSegment {
  /** Bitmap of the parties in the sum, hexadecimal, by their ranks in the cohort's roster. */
  readonly survivors: string;
  readonly sumSha256: string;
}

/** One run of the secure sum whose parties started from the same objects. */
export interface LedgerCohort {
  /** Number of its setup. */
  readonly round: number;
  readonly attempt: number;
  /** Line after which its objects were read: the number of lines before it. */
  readonly baseRound: number;
  /** Weight of its mean before those that the combine rule chose. */
  readonly weight: number;
  /** Party ids, by rank. */
  readonly roster: readonly number[];
  /** The parties of the last segment, which tells of all the work of the round. */
  readonly survivors: readonly LedgerParty[];
  /** Parties of the roster that are not among the survivors. */
  readonly dropOuts: number;
  readonly setupSha256: string;
  readonly termsSha256: string;
  readonly startSha256: string;
  readonly planSha256: string;
  /** By the segment's id. */
  readonly segments: Readonly<Record<string, LedgerSegment>>;
}

/** How the means of the cohorts became one. */
export interface LedgerCombine {
  readonly rule: "Mean";
  /** One for each cohort; none when the round changed no object. */
  readonly weights: readonly number[];
}

/** Bytes that went over the tensor wire for a set. */
export interface SetBytes {
  readonly up: number;
  readonly down: number;
}

/** One committed round, as it is written. Digests are hexadecimal SHA-256; objects and sets are by name. */
export interface LedgerLine {
  readonly version: typeof LEDGER_VERSION;
  readonly jobUid: string;
  /** Number of the line, from 0. */
  readonly round: number;
  readonly outcome: LedgerOutcome;
  /** Digest of the line before; of the source and initial model for round 0. */
  readonly previous: string;
  /** The objects that the round started from, which its metrics describe. */
  readonly reads: Readonly<Record<string, string>>;
  /** What the job has learnt so far: its objects after the round, also those that the round left as they were. */
  readonly objects: Readonly<Record<string, string>>;
  /** State of the server optimiser after the round, by slot; empty when it has none. */
  readonly optimiser: Readonly<Record<string, string>>;
  readonly strategy: string;
  readonly paradigm: string;
  /** What the recipe called the round, for example `Train`. */
  readonly phase: string;
  /** The recipe's state after the round. */
  readonly recipeState: RecipeState;
  readonly cohorts: readonly LedgerCohort[];
  readonly combine: LedgerCombine;
  /** By name, summed over the survivors. */
  readonly metrics: Readonly<Record<string, LedgerMetric>>;
  /** Quantiser step of each update segment as an exponent of two. */
  readonly stepExponents: readonly number[];
  /** The same for the next round. */
  readonly nextStepExponents: readonly number[];
  readonly saturated: number;
  readonly localSteps: number;
  /** By set: a section of the report up, an object down. */
  readonly bytes: Readonly<Record<string, SetBytes>>;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  /** Milliseconds since 1970. */
  readonly committedMs: number;
}

/** Cohorts of a line, as far as somebody asks of them. */
interface CohortsOf<K extends keyof LedgerCohort> {
  readonly cohorts: readonly Pick<LedgerCohort, K>[];
}

/** The parties whose reports are in a line, over all its cohorts. */
export function survivorsOf({ cohorts }: CohortsOf<"survivors">): LedgerParty[] {
  return cohorts.flatMap(({ survivors }) => survivors);
}

/** Parties of the rosters whose reports are not in a line. */
export function countDropOuts({ cohorts }: CohortsOf<"dropOuts">): number {
  return cohorts.reduce((sum, { dropOuts }) => sum + dropOuts, 0);
}

/** Attempt whose sums are in a line: the newest of its cohorts. */
export function attemptOf({ cohorts }: CohortsOf<"attempt">): number {
  return Math.max(...cohorts.map(({ attempt }) => attempt));
}

/** Bytes of a line in one direction, over all sets. */
export function countBytes({ bytes }: Pick<LedgerLine, "bytes">, direction: keyof SetBytes): number {
  return Object.values(bytes).reduce((sum, set) => sum + set[direction], 0);
}

/** The bytes of all sets over the lines so far, and of one more. */
export function addBytes({ up, down }: SetBytes, line: Pick<LedgerLine, "bytes">): SetBytes {
  return { up: up + countBytes(line, "up"), down: down + countBytes(line, "down") };
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
 * @throws LEDGER_VERSION_UNKNOWN for a line of another version, LEDGER_CORRUPT naming round and field.
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
  if (Number.isInteger(line?.version) && line.version !== LEDGER_VERSION) throw unknownVersion(expected.round, line);
  for (const field of ["jobUid", "round", "previous"] as const) {
    if (line?.[field] !== expected[field])
      throw corrupt(expected.round, field, `${line?.[field]}, must be ${expected[field]}`);
  }
  if (line.version !== LEDGER_VERSION)
    throw corrupt(expected.round, "version", `${line.version}, must be ${LEDGER_VERSION}`);
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

function unknownVersion(round: number, { version }: { readonly version: number }): TributaryError {
  return new TributaryError(
    "LEDGER_VERSION_UNKNOWN",
    `round ${round}: version is ${version}, must be ${LEDGER_VERSION}; go on with the release that wrote this ledger, or start a new job from the last model on the output volume`,
    { details: { round, version } },
  );
}
