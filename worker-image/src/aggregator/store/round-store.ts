import { join } from "node:path";
import {
  type Disk,
  isStorageError,
  makeDirectoryDurably,
  readFileIfPresent,
  realDisk,
  renameDurably,
  syncDirectory,
  TributaryError,
} from "@tributary/kit";
import { type KnownFile, requireDigest, type WrittenMarks } from "./known-file.ts";
import {
  addBytes,
  corrupt,
  encodeLedgerLine,
  type LedgerLine,
  ledgerLineSha256,
  MODEL,
  parseLedgerLine,
  type SetBytes,
} from "./ledger-line.ts";
import { type RememberedLine, RememberedLines } from "./remembered-lines.ts";
import { AGAIN, folderName, objectName, RoundFolder, slotName, UNCOMMITTED } from "./round-folder.ts";

/** Newest models that stay on disk: the base of the newest round may turn out to be the best. */
const KEPT_MODELS = 2;
/** Bytes of no line. */
const NO_BYTES: SetBytes = { up: 0, down: 0 };

/** A committed round in memory. */
export interface StoredRound {
  readonly line: RememberedLine;
  /** Digest of the line's bytes, hexadecimal. */
  readonly lineSha256: string;
}

/** Marks of a round's files, in the memory of the process that wrote them. */
export interface RoundMarks {
  /** By the object's name. */
  readonly objects: Readonly<Record<string, WrittenMarks>>;
  /** By the slot's name; empty when the optimiser keeps no state. */
  readonly optimiser: Readonly<Record<string, WrittenMarks>>;
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
  readonly #lines = new RememberedLines();
  #rounds: readonly StoredRound[] = [];
  /** Bytes of the first lines, and of how many of them. */
  #counted = { lines: 0, bytes: NO_BYTES };
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

  /** Bytes of every committed round, over all sets. Whoever asks again has only newer lines counted: there may be a hundred thousand. */
  get bytes(): SetBytes {
    const { lines, bytes } = this.#counted;
    const newer = this.#rounds.slice(lines);
    this.#counted = {
      lines: this.#rounds.length,
      bytes: newer.reduce((sum, { line }) => addBytes(sum, line), bytes),
    };
    return this.#counted.bytes;
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
    return this.#folderOf(round).objectPath(MODEL);
  }

  /** An object that `round` wrote as the ledger knows it. */
  objectFile(round: number, name: string): KnownFile {
    const sha256 = this.#rounds[round]!.line.objects[name]!;
    const damaged = (found: string) => corrupt(round, objectName(name), found);
    const marks = this.#marksOf(round)?.objects[name];
    return { path: this.#folderOf(round).objectPath(name), sha256, marks, damaged };
  }

  /** The optimiser's state after `round` as the ledger knows it, by slot. */
  optimiserFiles(round: number): Readonly<Record<string, KnownFile>> {
    const files = Object.entries(this.#rounds[round]!.line.optimiser).map(([slot, sha256]) => {
      const damaged = (found: string) => corrupt(round, slotName(slot), found);
      const marks = this.#marksOf(round)?.optimiser[slot];
      return [slot, { path: this.#folderOf(round).slotPath(slot), sha256, marks, damaged }] as const;
    });
    return Object.fromEntries(files);
  }

  /** The newest round that made a model, or `undefined` before the first. */
  newestModelRound(): number | undefined {
    return this.#rounds.findLast(({ line }) => line.outcome === "Committed")?.line.round;
  }

  /** An empty folder in which the next round's files are made; `writes` is false for a round that leaves a line alone. */
  async prepareCommit({ writes = true }: { readonly writes?: boolean } = {}): Promise<RoundFolder> {
    const folder = new RoundFolder(`${this.#folderOf(this.#rounds.length).path}${UNCOMMITTED}`);
    await folder.prepare(this.#disk, writes);
    return folder;
  }

  /**
   * Durable point 2: syncs the prepared files, writes the line beside them and shows all of it by one rename.
   *
   * @param marks of the files as they were written, by which the next step knows them without their digests.
   * @throws STORAGE_FULL, STORAGE_UNAVAILABLE: then only {@link RoundStore.reload} tells whether the round is committed.
   */
  async commit(prepared: RoundFolder, line: LedgerLine, marks?: RoundMarks): Promise<StoredRound> {
    if (line.round !== this.#rounds.length || line.previous !== this.head || line.jobUid !== this.#jobUid) {
      throw new TributaryError("INVARIANT_BROKEN", `line of round ${line.round} does not continue the ledger`);
    }
    const bytes = encodeLedgerLine(line);
    await prepared.seal(this.#disk, bytes);
    await renameDurably(prepared.path, this.#folderOf(line.round).path, this.#disk);
    const stored = { line: this.#lines.remember(line), lineSha256: ledgerLineSha256(bytes) };
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
      if (name !== folderName(round)) throw corrupt(round, "directory", `missing (found ${name})`);
      const [bytes, modelBytes] = await Promise.all([
        readFileIfPresent(this.#folderOf(round).linePath, this.#disk),
        this.#disk.sizeOf(this.modelPath(round)),
      ]);
      if (bytes === undefined) throw corrupt(round, "line.json", "missing");
      const expected = { jobUid: this.#jobUid, round, previous: rounds.at(-1)?.lineSha256 ?? this.#genesis };
      const line = parseLedgerLine(bytes, expected);
      rounds.push({ line: this.#lines.remember(line), lineSha256: ledgerLineSha256(bytes) });
      if (modelBytes !== undefined && line.outcome === "Committed") models.push(round);
    }
    await this.#nameAnew(rounds.length - 1, onUnnamed);
    await syncDirectory(this.#directory, this.#disk);
    this.#rounds = rounds;
    this.#counted = { lines: 0, bytes: NO_BYTES };
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
    const { path } = this.#folderOf(newest);
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
      await this.#folderOf(round).removeOptimiser(this.#disk);
      const sha256 = this.#modelSha256Of(round);
      // Rounds that change nothing make the same model again and again: any one copy of it serves.
      if (!kept.has(sha256) && this.#isNeeded(sha256)) {
        kept.add(sha256);
        continue;
      }
      this.#models = this.#models.filter((other) => other !== round);
      await this.#folderOf(round).removeObjects(this.#disk);
    }
  }

  #marksOf(round: number): RoundMarks | undefined {
    return this.#marks?.round === round ? this.#marks.marks : undefined;
  }

  #modelSha256Of(round: number): string {
    return this.#rounds[round]!.line.objects[MODEL]!;
  }

  #folderOf(round: number): RoundFolder {
    return new RoundFolder(join(this.#directory, folderName(round)));
  }

  async #verifyNewest(): Promise<void> {
    const round = this.newestModelRound();
    if (round === undefined) return;
    await requireDigest(this.objectFile(round, MODEL), this.#disk);
    for (const file of Object.values(this.optimiserFiles(round))) await requireDigest(file, this.#disk);
  }

  async #committedNames(): Promise<string[]> {
    const found = await this.#disk.readdir(this.#directory);
    for (const name of found.filter((entry) => entry.endsWith(UNCOMMITTED)))
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
