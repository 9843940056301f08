import { join } from "node:path";
import { readFileIfPresent, writeFileDurably } from "@tributary/kit";
import type { LedgerParty } from "../store/ledger-line.ts";

/** What the aggregator remembers of the newest attempt besides the protocol's own state. */
export interface AttemptRecord {
  readonly round: number;
  /** From 1; 0 before the first. */
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  /** Attempts of the whole job that closed empty. */
  readonly failed: number;
  /** Who sat on which party id when the attempt was opened. */
  readonly parties: Readonly<Record<string, LedgerParty>>;
}

/** Keeps the record of the newest attempt, and names the directory of its run. */
export class AttemptFiles {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Directory of the attempt's machine state, staged segments and sums. */
  get runDirectory(): string {
    return join(this.#directory, "attempt");
  }

  /** The newest record, or one of before the first attempt. */
  async load(): Promise<AttemptRecord> {
    const bytes = await readFileIfPresent(join(this.#directory, "attempt.json"));
    if (bytes === undefined) return { round: 0, attempt: 0, startedMs: 0, failed: 0, parties: {} };
    return JSON.parse(bytes.toString("utf8")) as AttemptRecord;
  }

  /** Replaces the record, durably: an attempt's number is never used twice. */
  async save(record: AttemptRecord): Promise<void> {
    await writeFileDurably(join(this.#directory, "attempt.json"), `${JSON.stringify(record)}\n`);
  }
}
