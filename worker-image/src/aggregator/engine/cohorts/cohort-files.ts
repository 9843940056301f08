import { join } from "node:path";
import type { CohortId } from "@tributary/federated";
import {
  type Disk,
  isTributaryError,
  makeDirectoryDurably,
  realDisk,
  writeFileDurably,
  writeFully,
} from "@tributary/kit";
import type { LedgerParty } from "../../store/ledger-line.ts";
import { readStoredJson } from "../../store/stored-json.ts";
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
  /** Why the newest attempt closed empty, which {@link CohortJournal.failed} counts in the same write; absent otherwise. */
  readonly closed?: EngineProblem;
}

/** Before the first cohort. */
export const emptyJournal: CohortJournal = { setup: 0, line: 0, attempt: 0, failed: 0, cohorts: [] };

/** Whether two ids name the same cohort. */
export function isSameCohort(one: CohortId, other: CohortId): boolean {
  return one.setup === other.setup && one.attempt === other.attempt;
}

/**
 * The journal of all cohorts, and a folder for each that is open, which no other cohort ever writes to.
 *
 * The journal is durable before anybody is told of what it says. The record of a cohort becomes durable with its first sums, as the state
 * of its protocol does: a crash of the machine before costs the attempt and nothing else.
 */
export class CohortFiles {
  readonly #directory: string;
  readonly #disk: Disk;

  constructor(directory: string, disk: Disk = realDisk) {
    this.#directory = directory;
    this.#disk = disk;
  }

  /** Folder of a cohort's record, protocol state, staged segments and sums. */
  folderOf(id: CohortId): string {
    return join(this.#cohorts, folderName(id));
  }

  /** Path of a cohort's record. */
  recordOf(id: CohortId): string {
    return join(this.folderOf(id), "cohort.json");
  }

  /** The journal, or one of before the first cohort; LEDGER_CORRUPT for one that cannot be read. */
  async loadJournal(): Promise<CohortJournal> {
    return (await readStoredJson<CohortJournal>(this.#journal, this.#disk)) ?? emptyJournal;
  }

  /** Replaces the journal, durably: the number of a setup is never used twice. */
  async saveJournal(journal: CohortJournal): Promise<void> {
    await writeFileDurably(this.#journal, `${JSON.stringify(journal)}\n`, 0o644, this.#disk);
  }

  /** Record of a cohort; `undefined` where a crash of the machine left none, or half of one. */
  async loadRecord(id: CohortId): Promise<CohortRecord | undefined> {
    try {
      const record = await readStoredJson<CohortRecord>(this.recordOf(id), this.#disk);
      return record !== undefined && isSameCohort(record, id) ? record : undefined;
    } catch (error) {
      if (isTributaryError(error, "LEDGER_CORRUPT")) return undefined;
      throw error;
    }
  }

  /** Writes the record of a new cohort into a folder of its own; it is not durable yet. */
  async writeRecord(record: CohortRecord): Promise<void> {
    await this.#disk.mkdir(this.folderOf(record));
    const file = await this.#disk.open(this.recordOf(record), "w");
    await writeFully(file, Buffer.from(`${JSON.stringify(record)}\n`)).finally(() => file.close());
  }

  /** Makes the place for folders of cohorts, durably, and removes those of others than these. */
  async keepOnly(ids: readonly CohortId[]): Promise<void> {
    await makeDirectoryDurably(this.#cohorts, this.#disk);
    const kept = new Set(ids.map(folderName));
    for (const name of await this.#disk.readdir(this.#cohorts))
      if (!kept.has(name)) await this.#disk.remove(join(this.#cohorts, name));
  }

  get #cohorts(): string {
    return join(this.#directory, "cohorts");
  }

  get #journal(): string {
    return join(this.#directory, "cohorts.json");
  }
}

function folderName({ setup, attempt }: CohortId): string {
  return `${setup}-${attempt}`;
}
