import type { CohortId } from "@tributary/federated";
import type { LedgerParty } from "../../store/ledger-line.ts";
import type { EngineProblem } from "../engine-deps.ts";

/** The part of a window's plan that a cohort keeps, whatever becomes of the window while it runs. */
export interface AttemptPlan {
  readonly quorum: number;
  /** Time of the attempt from its opening. */
  readonly deadlineMs: number;
  /** 0 when the round only evaluates. */
  readonly localSteps: number;
  readonly evaluateOnly: boolean;
}

/** What the aggregator remembers of a cohort besides the protocol's own state. */
export interface CohortRecord extends CohortId {
  /** Ledger line that it may become. */
  readonly line: number;
  /** Milliseconds since 1970, by the clock of the machine that opened it. */
  readonly startedMs: number;
  /** Who sat on which party id when it was opened. */
  readonly parties: Readonly<Record<string, LedgerParty>>;
  readonly plan: AttemptPlan;
  /** Bytes of the terms and the start that its parties were sent, in base64: what they were asked for, whatever the job says by now. */
  readonly papers: { readonly terms: string; readonly start: string };
}

/** A masked sum that was announced, perhaps signed, and given up: on its start members' gates let the same workers repeat it, and no others. */
export interface SpentSum {
  /** Ledger line that it would have become. */
  readonly line: number;
  readonly parties: readonly LedgerParty[];
  /** Threshold that it was announced with, which its repetition has too, however many seats the job has by then; absent in files of before. */
  readonly threshold?: number;
}

/** What the aggregator remembers of all cohorts that it ever opened. */
export interface CohortJournal {
  /** Number of the newest setup, from 1: no two attempts of a job have the same; 0 before the first. */
  readonly setup: number;
  /** Ledger line that the newest attempt was opened for. */
  readonly line: number;
  /** Number of the newest attempt at that line, from 1; 0 before the first. */
  readonly attempt: number;
  /** Attempts of the whole job that closed empty. */
  readonly failed: number;
  /** Cohorts that a next process takes up: those that were opened and did not close empty. */
  readonly cohorts: readonly CohortId[];
  /** Why the newest attempt at the line that closed empty did, which {@link CohortJournal.failed} counts in the same write; absent otherwise. */
  readonly closed?: EngineProblem;
  /** The sum of which an attempt at the next line was given up; absent when there is none. */
  readonly spent?: SpentSum;
}

/** Before the first cohort. */
export const emptyJournal: CohortJournal = { setup: 0, line: 0, attempt: 0, failed: 0, cohorts: [] };

/** Whether two ids name the same cohort. */
export function isSameCohort(one: CohortId, other: CohortId): boolean {
  return one.setup === other.setup && one.attempt === other.attempt;
}

/** Whether what was read from a disk has everything that a journal has. */
export function isJournal(value: unknown): value is CohortJournal {
  const { setup, line, attempt, failed, cohorts, closed, spent } = value as Partial<CohortJournal>;
  if (![setup, line, attempt, failed].every(isCount) || !Array.isArray(cohorts)) return false;
  if (spent !== undefined && !isSpent(spent)) return false;
  return cohorts.every(isId) && (closed === undefined || (isText(closed?.code) && isText(closed.message)));
}

/** Whether what was read from a disk has everything that a record has. */
export function isRecord(value: unknown): value is CohortRecord {
  const { line, startedMs, parties, plan, papers } = (value ?? {}) as Partial<CohortRecord>;
  if (!isId(value) || !isCount(line) || !Number.isFinite(startedMs)) return false;
  const isPlan = [plan?.quorum, plan?.deadlineMs, plan?.localSteps].every(isCount);
  if (!isPlan || typeof plan?.evaluateOnly !== "boolean") return false;
  return typeof parties === "object" && parties !== null && isText(papers?.terms) && isText(papers.start);
}

/** Whether what was read from a disk has everything that a spent sum has. */
export function isSpent(value: unknown): value is SpentSum {
  const { line, parties, threshold } = (value ?? {}) as Partial<SpentSum>;
  if (threshold !== undefined && !isCount(threshold)) return false;
  if (!isCount(line) || !Array.isArray(parties)) return false;
  return parties.every(({ participant, workerIndex }) => isText(participant) && isCount(workerIndex));
}

function isId(value: unknown): boolean {
  const { setup, attempt } = (value ?? {}) as Partial<CohortId>;
  return isCount(setup) && isCount(attempt);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
