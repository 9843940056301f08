import { join } from "node:path";
import {
  type Disk,
  isStorageError,
  makeDirectoryDurably,
  readFileIfPresent,
  realDisk,
  renameDurably,
  syncDirectory,
  syncFile,
  TributaryError,
  writeNewFile,
} from "@tributary/kit";
import { type KnownFile, requireDigest, type WrittenMarks } from "./known-file.ts";
import { corrupt, encodeLedgerLine, type LedgerLine, ledgerLineSha256, parseLedgerLine } from "./ledger-line.ts";

/** Newest models that stay on disk: the base of the newest round may turn out to be the best. */
const KEPT_MODELS = 2;

/** Ends the name of a committed round while it is given anew. */
const AGAIN = ".again";

/** A committed round in memory. */
export interface StoredRound {
  readonly line: LedgerLine;
  /** Digest of the line's bytes, hexadecimal. */
  readonly lineSha256: string;
}

/** Marks of a round's files, in the memory of the process that wrote them. */
export interface RoundMarks {
  readonly model: WrittenMarks;
  /** Absent when the optimiser keeps no state. */
  readonly optimiser: WrittenMarks | undefined;
}

/** What is written for a round besides its line; both files are prepared in {@link RoundStore.prepareCommit}'s directory. */
export interface PreparedRound {
  readonly directory: string;
  readonly modelPath: string;
  readonly optimiserPath: string;
}

/**
 * The ledger with its checkpoints: one directory a round below `rounds/`, made visible by one rename.
 *
 * A directory that ends in `.tmp` was never committed and is removed at start; one that ends in `.again` is a committed one whose name is being
 * given anew. Everything else must fit its digests.
 */
export class RoundStore {
  readonly #directory: string;
  readonly #jobUid: string;
  readonly #genesis: string;
  readonly #disk: Disk;
  #rounds: readonly StoredRound[] = [];
  /** Rounds whose model is on the disk, oldest first. */
  #models: readonly number[] = [];
  /** Of the newest round that made a model, if this process committed it since it read the ledger. */
  #marks: { readonly round: number; readonly marks: RoundMarks } | undefined;
  #isNeeded: (modelSha256: string) => boolean = () => false;

  private constructor(directory: string, jobUid: string, genesis: string, disk: Disk) {
    this.#directory = directory;
    this.#jobUid = jobUid;
    this.#genesis = genesis;
    this.#disk = disk;
  }

  /**
   * Opens the ledger below `dataDirectory`, repairs what a crash left half made and checks the chain and the newest model. Which older
   * models are needed nobody has said yet: all stay.
   *
   * @param genesis what round 0 names as its previous line, hexadecimal.
   * @throws LEDGER_CORRUPT naming the round and what does not fit.
   */
  static async open(dataDirectory: string, jobUid: string, genesis: string, disk = realDisk): Promise<RoundStore> {
    const store = new RoundStore(join(dataDirectory, "rounds"), jobUid, genesis, disk);
    // On a volume that takes no name nothing is committed either, and what is there can still be served.
    await store.#read((error) => {
      if (!isStorageError(error)) throw error;
    });
    return store;
  }

  /**
   * Reads what is there, as a new process would: after a commit that failed nobody knows otherwise whether it counts.
   *
   * @throws LEDGER_CORRUPT as {@link RoundStore.open} does.
   */
  async reload(): Promise<void> {
    await this.#read();
    await this.#prune();
  }

  /** Every committed round in order. */
  get rounds(): readonly StoredRound[] {
    return this.#rounds;
  }

  /** Digest that the next line names as its previous one, hexadecimal. */
  get head(): string {
    return this.#rounds.at(-1)?.lineSha256 ?? this.#genesis;
  }

  /** Says which models stay besides the newest ones, by their digests, one copy of each; asked whenever older ones are removed. */
  keepModels(isNeeded: (modelSha256: string) => boolean): void {
    this.#isNeeded = isNeeded;
  }

  /** Rounds whose model is on the disk, oldest first: the newest ones and those that are kept besides. */
  get modelRounds(): readonly number[] {
    return this.#models;
  }

  /** Path of the model after `round`, where it is one of {@link RoundStore.modelRounds}. */
  modelPath(round: number): string {
    return join(this.#directory, nameOf(round), "model.safetensors");
  }

  /** Path of the optimiser's state after `round`. */
  optimiserPath(round: number): string {
    return join(this.#directory, nameOf(round), "optimiser.bin");
  }

  /** The model after `round` as the ledger knows it. */
  modelFile(round: number): KnownFile {
    const { modelSha256: sha256 } = this.#rounds[round]!.line;
    const damaged = (found: string) => corrupt(round, "model.safetensors", found);
    return { path: this.modelPath(round), sha256, marks: this.#marksOf(round)?.model, damaged };
  }

  /** The optimiser's state after `round` as the ledger knows it. */
  optimiserFile(round: number): KnownFile {
    const { optimiserSha256: sha256 } = this.#rounds[round]!.line;
    const damaged = (found: string) => corrupt(round, "optimiser.bin", found);
    return { path: this.optimiserPath(round), sha256, marks: this.#marksOf(round)?.optimiser, damaged };
  }

  /** The newest round that made a model, or `undefined` before the first. */
  newestModelRound(): number | undefined {
    return this.#rounds.findLast(({ line }) => line.outcome === "Committed")?.line.round;
  }

  /** An empty directory in which the next round's files are made. */
  async prepareCommit(): Promise<PreparedRound> {
    const directory = join(this.#directory, `${nameOf(this.#rounds.length)}.tmp`);
    await this.#disk.remove(directory);
    await this.#disk.mkdir(directory);
    return {
      directory,
      modelPath: join(directory, "model.safetensors"),
      optimiserPath: join(directory, "optimiser.bin"),
    };
  }

  /**
   * Durable point 2: syncs the prepared files, writes the line beside them and shows all of it by one rename.
   *
   * @param marks of the files as they were written, by which the next step knows them without their digests.
   * @throws STORAGE_FULL, STORAGE_UNAVAILABLE: then only {@link RoundStore.reload} tells whether the round is committed.
   */
  async commit(prepared: PreparedRound, line: LedgerLine, marks?: RoundMarks): Promise<StoredRound> {
    if (line.round !== this.#rounds.length || line.previous !== this.head || line.jobUid !== this.#jobUid) {
      throw new TributaryError("INVARIANT_BROKEN", `line of round ${line.round} does not continue the ledger`);
    }
    const bytes = encodeLedgerLine(line);
    // Nobody looks into the directory before the rename: each file is written once and synced.
    const disk = this.#disk;
    const prepare = (await disk.readdir(prepared.directory)).map((name) =>
      syncFile(join(prepared.directory, name), disk),
    );
    await Promise.all([...prepare, writeNewFile(join(prepared.directory, "line.json"), bytes, 0o644, disk)]);
    await syncDirectory(prepared.directory, disk);
    await renameDurably(prepared.directory, join(this.#directory, nameOf(line.round)), disk);
    const stored = { line, lineSha256: ledgerLineSha256(bytes) };
    this.#rounds = [...this.#rounds, stored];
    if (line.outcome === "Committed") {
      this.#models = [...this.#models, line.round];
      this.#marks = marks && { round: line.round, marks };
    }
    await this.#prune();
    return stored;
  }

  async #read(onUnnamed: (error: unknown) => void = rethrow): Promise<void> {
    await makeDirectoryDurably(this.#directory, this.#disk);
    const rounds: StoredRound[] = [];
    const models: number[] = [];
    for (const [round, name] of (await this.#committedNames()).entries()) {
      if (name !== nameOf(round)) throw corrupt(round, "directory", `missing (found ${name})`);
      const [bytes, modelBytes] = await Promise.all([
        readFileIfPresent(join(this.#directory, name, "line.json"), this.#disk),
        this.#disk.sizeOf(this.modelPath(round)),
      ]);
      if (bytes === undefined) throw corrupt(round, "line.json", "missing");
      const expected = { jobUid: this.#jobUid, round, previous: rounds.at(-1)?.lineSha256 ?? this.#genesis };
      const line = parseLedgerLine(bytes, expected);
      rounds.push({ line, lineSha256: ledgerLineSha256(bytes) });
      if (modelBytes !== undefined && line.outcome === "Committed") models.push(round);
    }
    await this.#nameAnew(rounds.length - 1, onUnnamed);
    await syncDirectory(this.#directory, this.#disk);
    this.#rounds = rounds;
    this.#models = models;
    this.#marks = undefined;
    await this.#verifyNewest();
  }

  /**
   * A rename whose sync failed shows, but a crash of the machine could still undo it, and a second sync may say nothing of it: a disk tells
   * of what it lost once. Only a name that is given again is made durable by the sync after it.
   */
  async #nameAnew(newest: number, onUnnamed: (error: unknown) => void): Promise<void> {
    if (newest < 0) return;
    const path = join(this.#directory, nameOf(newest));
    try {
      await this.#disk.rename(path, `${path}${AGAIN}`);
    } catch (error) {
      return onUnnamed(error);
    }
    await this.#disk.rename(`${path}${AGAIN}`, path);
  }

  async #prune(): Promise<void> {
    const kept = new Set(this.#models.slice(-KEPT_MODELS).map((round) => this.#modelSha256Of(round)));
    for (const round of this.#models.slice(0, -KEPT_MODELS).toReversed()) {
      // The model goes last: while it is there, the next time finds what else is left.
      await this.#disk.remove(this.optimiserPath(round));
      const sha256 = this.#modelSha256Of(round);
      // Rounds that change nothing make the same model again and again: any one copy of it serves.
      if (!kept.has(sha256) && this.#isNeeded(sha256)) {
        kept.add(sha256);
        continue;
      }
      this.#models = this.#models.filter((other) => other !== round);
      await this.#disk.remove(this.modelPath(round));
    }
  }

  #marksOf(round: number): RoundMarks | undefined {
    return this.#marks?.round === round ? this.#marks.marks : undefined;
  }

  #modelSha256Of(round: number): string {
    return this.#rounds[round]!.line.modelSha256;
  }

  async #verifyNewest(): Promise<void> {
    const round = this.newestModelRound();
    if (round === undefined) return;
    await requireDigest(this.modelFile(round), this.#disk);
    if (this.#rounds[round]!.line.optimiserSha256 !== "") await requireDigest(this.optimiserFile(round), this.#disk);
  }

  async #committedNames(): Promise<string[]> {
    const found = await this.#disk.readdir(this.#directory);
    for (const name of found.filter((entry) => entry.endsWith(".tmp")))
      await this.#disk.remove(join(this.#directory, name));
    for (const name of found.filter((entry) => entry.endsWith(AGAIN)))
      await this.#disk.rename(join(this.#directory, name), join(this.#directory, name.slice(0, -AGAIN.length)));
    const names = found.map((name) => (name.endsWith(AGAIN) ? name.slice(0, -AGAIN.length) : name));
    return names.filter((entry) => /^\d{6,}$/.test(entry)).sort((a, b) => Number(a) - Number(b));
  }
}

function rethrow(error: unknown): never {
  throw error;
}

/** Directory of a round: at least six digits, so that names sort as numbers do up to a million rounds. */
function nameOf(round: number): string {
  return String(round).padStart(6, "0");
}
