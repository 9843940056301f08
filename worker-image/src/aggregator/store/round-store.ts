import { access, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readFileIfPresent, renameDurably, syncDirectory, syncFile, TributaryError } from "@tributary/kit";
import { sha256OfFile } from "../../shared/files/flat-model-file.ts";
import { corrupt, encodeLedgerLine, type LedgerLine, ledgerLineSha256, parseLedgerLine } from "./ledger-line.ts";

/** Models before the newest that stay on disk: the base of the newest round may turn out to be the best. */
const KEPT_MODELS = 2;

/** A committed round in memory. */
export interface StoredRound {
  readonly line: LedgerLine;
  /** Digest of the line's bytes, hexadecimal. */
  readonly lineSha256: string;
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
 * A directory that ends in `.tmp` was never committed and is removed at start; everything else must fit its digests.
 */
export class RoundStore {
  readonly #directory: string;
  readonly #jobUid: string;
  readonly #genesis: string;
  readonly #rounds: StoredRound[];

  private constructor(directory: string, jobUid: string, genesis: string, rounds: StoredRound[]) {
    this.#directory = directory;
    this.#jobUid = jobUid;
    this.#genesis = genesis;
    this.#rounds = rounds;
  }

  /**
   * Opens the ledger below `dataDirectory`, repairs what a crash left half made and checks the chain and the newest model.
   *
   * @param genesis what round 0 names as its previous line, hexadecimal.
   * @throws LEDGER_CORRUPT naming the round and what does not fit.
   */
  static async open(dataDirectory: string, jobUid: string, genesis: string): Promise<RoundStore> {
    const directory = join(dataDirectory, "rounds");
    await mkdir(directory, { recursive: true });
    const rounds: StoredRound[] = [];
    const names = await committedNames(directory);
    for (const [round, name] of names.entries()) {
      if (name !== nameOf(round)) throw corrupt(round, "directory", `missing (found ${name})`);
      const bytes = await readFileIfPresent(join(directory, name, "line.json"));
      if (bytes === undefined) throw corrupt(round, "line.json", "missing");
      const previous = rounds.at(-1)?.lineSha256 ?? genesis;
      rounds.push({ line: parseLedgerLine(bytes, { jobUid, round, previous }), lineSha256: ledgerLineSha256(bytes) });
    }
    const store = new RoundStore(directory, jobUid, genesis, rounds);
    await store.#verifyNewest();
    return store;
  }

  /** Every committed round in order. */
  get rounds(): readonly StoredRound[] {
    return this.#rounds;
  }

  /** Digest that the next line names as its previous one, hexadecimal. */
  get head(): string {
    return this.#rounds.at(-1)?.lineSha256 ?? this.#genesis;
  }

  /** Path of the model after `round`, present for the newest rounds; an evaluated round has none of its own. */
  modelPath(round: number): string {
    return join(this.#directory, nameOf(round), "model.safetensors");
  }

  /** Path of the optimiser's state after `round`. */
  optimiserPath(round: number): string {
    return join(this.#directory, nameOf(round), "optimiser.bin");
  }

  /** The newest round that made a model, or `undefined` before the first. */
  newestModelRound(): number | undefined {
    return this.#rounds.findLast(({ line }) => line.outcome === "Committed")?.line.round;
  }

  /** An empty directory in which the next round's files are made. */
  async prepareCommit(): Promise<PreparedRound> {
    const directory = join(this.#directory, `${nameOf(this.#rounds.length)}.tmp`);
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory);
    return {
      directory,
      modelPath: join(directory, "model.safetensors"),
      optimiserPath: join(directory, "optimiser.bin"),
    };
  }

  /** Durable point 2: syncs the prepared files, writes the line beside them and shows all of it by one rename. */
  async commit(prepared: PreparedRound, line: LedgerLine): Promise<StoredRound> {
    if (line.round !== this.#rounds.length || line.previous !== this.head || line.jobUid !== this.#jobUid) {
      throw new TributaryError("INVARIANT_BROKEN", `line of round ${line.round} does not continue the ledger`);
    }
    const bytes = encodeLedgerLine(line);
    // Nobody looks into the directory before the rename: each file is written once and synced.
    await writeFile(join(prepared.directory, "line.json"), bytes);
    await Promise.all((await readdir(prepared.directory)).map((name) => syncFile(join(prepared.directory, name))));
    await syncDirectory(prepared.directory);
    await renameDurably(prepared.directory, join(this.#directory, nameOf(line.round)));
    const stored = { line, lineSha256: ledgerLineSha256(bytes) };
    this.#rounds.push(stored);
    await this.#prune();
    return stored;
  }

  async #prune(): Promise<void> {
    const models = this.#rounds.filter(({ line }) => line.outcome === "Committed").map(({ line }) => line.round);
    for (const round of models.slice(0, -KEPT_MODELS).slice(-KEPT_MODELS)) {
      await rm(this.modelPath(round), { force: true });
      await rm(this.optimiserPath(round), { force: true });
    }
  }

  async #verifyNewest(): Promise<void> {
    const round = this.newestModelRound();
    if (round === undefined) return;
    const { modelSha256, optimiserSha256 } = this.#rounds[round]!.line;
    await verifyFile(round, "model.safetensors", this.modelPath(round), modelSha256);
    if (optimiserSha256 !== "") await verifyFile(round, "optimiser.bin", this.optimiserPath(round), optimiserSha256);
    await this.#prune();
  }
}

async function committedNames(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  for (const name of names.filter((entry) => entry.endsWith(".tmp"))) {
    await rm(join(directory, name), { recursive: true, force: true });
  }
  return names.filter((entry) => /^\d{6,}$/.test(entry)).sort((a, b) => Number(a) - Number(b));
}

async function verifyFile(round: number, what: string, path: string, sha256: string): Promise<void> {
  try {
    await access(path);
  } catch (cause) {
    throw corrupt(round, what, "missing", cause);
  }
  const found = Buffer.from(await sha256OfFile(path)).toString("hex");
  if (found !== sha256) throw corrupt(round, what, `of digest ${found}, must be ${sha256}`);
}

/** Directory of a round: at least six digits, so that names sort as numbers do up to a million rounds. */
function nameOf(round: number): string {
  return String(round).padStart(6, "0");
}
