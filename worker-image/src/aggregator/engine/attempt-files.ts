import { join } from "node:path";
import { type Disk, realDisk, writeFileDurably } from "@tributary/kit";
import type { LedgerParty } from "../store/ledger-line.ts";
import { readStoredJson } from "../store/stored-json.ts";
import type { EngineProblem } from "./engine-deps.ts";

/** The part of a window's plan that an attempt keeps, whatever becomes of the window while it runs. */
export interface AttemptPlan {
  readonly quorum: number;
  /** Time of the attempt from its opening. */
  readonly deadlineMs: number;
  /** 0 when the round only evaluates. */
  readonly localSteps: number;
  readonly evaluateOnly: boolean;
}

/** What the aggregator remembers of the newest attempt besides the protocol's own state. */
export interface AttemptRecord {
  /** Ledger line that it may become. */
  readonly round: number;
  /** Number of its setup, from 1: no two attempts of a job have the same; 0 before the first. */
  readonly setup: number;
  /** From 1; 0 before the first. */
  readonly attempt: number;
  /** Milliseconds since 1970, by the clock of the machine that opened it. */
  readonly startedMs: number;
  /** Attempts of the whole job that closed empty. */
  readonly failed: number;
  /** Who sat on which party id when the attempt was opened. */
  readonly parties: Readonly<Record<string, LedgerParty>>;
  readonly plan: AttemptPlan;
  /**
   * Bytes of the terms and the start that its parties were sent, in base64: what they were asked for, whatever the job says by now. Absent
   * in a record of a version that sent none.
   */
  readonly papers?: { readonly terms: string; readonly start: string };
  /** Why it closed empty, which {@link AttemptRecord.failed} counts in the same write; absent otherwise. */
  readonly closed?: EngineProblem;
}

/** Before the first attempt. */
export const noAttempt = {
  round: 0,
  setup: 0,
  attempt: 0,
  startedMs: 0,
  failed: 0,
  parties: {},
  plan: { quorum: 0, deadlineMs: 0, localSteps: 0, evaluateOnly: false },
  papers: { terms: "", start: "" },
} as const satisfies AttemptRecord;

const RUN_PREFIX = "attempt-";

/** Keeps the record of the newest attempt, and names the directory of its run. */
export class AttemptFiles {
  readonly #directory: string;
  readonly #disk: Disk;

  constructor(directory: string, disk: Disk = realDisk) {
    this.#directory = directory;
    this.#disk = disk;
  }

  /** Directory of an attempt's machine state, staged segments and sums: no other attempt ever writes there. */
  runDirectory({ round, attempt }: Pick<AttemptRecord, "round" | "attempt">): string {
    return join(this.#directory, `${RUN_PREFIX}${round}-${attempt}`);
  }

  /** The newest record, or one of before the first attempt. */
  async load(): Promise<AttemptRecord> {
    const stored = await readStoredJson<AttemptRecord>(join(this.#directory, "attempt.json"), this.#disk);
    // A version that sent no papers did not count setups either.
    return stored === undefined ? noAttempt : { ...stored, setup: stored.setup ?? noAttempt.setup };
  }

  /** Replaces the record, durably: an attempt's number is never used twice. */
  async save(record: AttemptRecord): Promise<void> {
    await writeFileDurably(join(this.#directory, "attempt.json"), `${JSON.stringify(record)}\n`, 0o644, this.#disk);
  }

  /** Removes what earlier attempts left. */
  async removeRuns(): Promise<void> {
    const names = await this.#disk.readdir(this.#directory).catch(ignoreMissing);
    for (const name of names.filter((entry) => entry.startsWith(RUN_PREFIX)))
      await this.#disk.remove(join(this.#directory, name));
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
