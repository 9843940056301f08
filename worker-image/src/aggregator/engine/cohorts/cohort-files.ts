import { join } from "node:path";
import type { CohortId } from "@tributary/federated";
import {
  type Disk,
  isTributaryError,
  makeDirectoryDurably,
  realDisk,
  syncFile,
  writeFileDurably,
  writeFully,
} from "@tributary/kit";
import { damagedJson, readStoredJson } from "../../store/stored-json.ts";
import {
  type CohortJournal,
  type CohortRecord,
  emptyJournal,
  isJournal,
  isRecord,
  isSameCohort,
  isSpent,
  type SpentSum,
} from "./cohort-records.ts";

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

  /** The journal, or one of before the first cohort; LEDGER_CORRUPT for one that cannot be read. */
  async loadJournal(): Promise<CohortJournal> {
    const stored = await readStoredJson<object>(this.#journal, this.#disk);
    if (stored === undefined) return emptyJournal;
    if (!isJournal(stored)) throw damagedJson(this.#journal);
    return stored;
  }

  /** Replaces the journal, durably: the number of a setup is never used twice. */
  async saveJournal(journal: CohortJournal): Promise<void> {
    await writeFileDurably(this.#journal, textOf(journal), 0o644, this.#disk);
  }

  /** Record of a cohort; `undefined` where a crash of the machine left none, or half of one, and for one that the disk damaged. */
  async loadRecord(id: CohortId): Promise<CohortRecord | undefined> {
    try {
      const record = await readStoredJson<object>(this.#recordOf(id), this.#disk);
      return isRecord(record) && isSameCohort(record, id) ? record : undefined;
    } catch (error) {
      if (isTributaryError(error, "LEDGER_CORRUPT")) return undefined;
      throw error;
    }
  }

  /** Writes the record of a new cohort into a folder of its own; it is not durable yet. */
  async writeRecord(record: CohortRecord): Promise<void> {
    await this.#disk.mkdir(this.folderOf(record));
    const file = await this.#disk.open(this.#recordOf(record), "w");
    await writeFully(file, Buffer.from(textOf(record))).finally(() => file.close());
  }

  /**
   * Makes the record of a cohort durable; its name is with the state that is written next.
   *
   * @param isOlder whether an earlier attempt to do so may have failed: then it is written anew, since a sync that failed once says nothing
   * when it is tried again.
   */
  async keepRecord(record: CohortRecord, isOlder: boolean): Promise<void> {
    const path = this.#recordOf(record);
    if (isOlder) await writeFileDurably(path, textOf(record), 0o644, this.#disk);
    else await syncFile(path, this.#disk);
  }

  /** Makes durable, beside a cohort's state, of whom the masked sum is that it is about to announce. */
  async keepAnnounced(id: CohortId, sum: SpentSum): Promise<void> {
    await writeFileDurably(this.#announcedOf(id), textOf(sum), 0o644, this.#disk);
  }

  /** Of whom the masked sum is that a cohort announced; `undefined` where it announced none, LEDGER_CORRUPT where nobody can tell any more. */
  async loadAnnounced(id: CohortId): Promise<SpentSum | undefined> {
    const stored = await readStoredJson<object>(this.#announcedOf(id), this.#disk);
    if (stored === undefined || isSpent(stored)) return stored;
    throw damagedJson(this.#announcedOf(id));
  }

  /** Makes the place for folders of cohorts, durably, and removes those of others than these. */
  async keepOnly(ids: readonly CohortId[]): Promise<void> {
    await makeDirectoryDurably(this.#cohorts, this.#disk);
    const kept = new Set(ids.map(folderName));
    for (const name of await this.#disk.readdir(this.#cohorts))
      if (!kept.has(name)) await this.#disk.remove(join(this.#cohorts, name));
  }

  /** Removes what a version before kept of its attempts, with all that was staged for them. */
  async removeFormer(): Promise<void> {
    const names = await this.#disk.readdir(this.#directory).catch(ignoreMissing);
    for (const name of names.filter((entry) => entry.startsWith("attempt")))
      await this.#disk.remove(join(this.#directory, name));
  }

  #recordOf(id: CohortId): string {
    return join(this.folderOf(id), "cohort.json");
  }

  #announcedOf(id: CohortId): string {
    return join(this.folderOf(id), "announced.json");
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

function textOf(stored: CohortJournal | CohortRecord | SpentSum): string {
  return `${JSON.stringify(stored)}\n`;
}

function ignoreMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === "ENOENT") return [];
  throw error;
}
