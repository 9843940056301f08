import { join } from "node:path";
import {
  type BackoffBounds,
  type Disk,
  isStorageError,
  type Logger,
  makeDirectoryDurably,
  NETWORK_BACKOFF,
  readFileIfPresent,
  realDisk,
  retry,
  syncDirectory,
  syncFile,
  TributaryError,
  writeFully,
} from "@tributary/kit";
import { sha256OfFile } from "../../shared/files/flat-model-file.ts";

/** The two models that the output volume keeps. */
export const PublishedModel = { Last: "last", Best: "best" } as const;
/** One of the values of {@link PublishedModel}. */
export type PublishedModel = (typeof PublishedModel)[keyof typeof PublishedModel];

/** A model as the output volume shows it. */
export interface ShownModel {
  /** Rounds that were committed into it. */
  readonly round: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Metric of the model, when it was evaluated. */
  readonly metricValue: string | undefined;
}

/** A model to publish; without a source when the volume alone has it. */
export interface Publication extends ShownModel {
  readonly source?: string;
}

/**
 * Tells what the volume shows of a model now, with a file that fits its digest.
 *
 * @param isOurs whether a model of this digest can be it: others are none of the job's, and are not read.
 */
export type Look = (isOurs: (sha256: string) => boolean) => Promise<ShownModel | undefined>;

/** Chooses what to publish once it is its turn; nothing, when there is nothing yet. */
export type Choice = (look: Look) => Promise<Publication | undefined>;

/** What a publisher works with; by default what the machine has. */
export interface PublisherOptions {
  readonly disk?: Disk;
  /** Delays between tries. */
  readonly backoff?: BackoffBounds;
}

/**
 * Keeps `last/` and `best/` of the output directory up to date, one copy at a time, in the background.
 *
 * Each model appears by one rename; `round.json` beside it says which it is. What a crash prevents is made up at the next start.
 */
export class OutputPublisher {
  readonly #directory: string;
  readonly #log: Logger;
  readonly #wanted = new Map<PublishedModel, Publication | Choice>();
  /** What the volume shows, as far as this process has written or checked it. */
  readonly #shown = new Map<PublishedModel, ShownModel>();
  /** Why the newest publication of a model failed. */
  readonly #failures = new Map<PublishedModel, Error>();
  readonly #onSettled: () => void;
  readonly #disk: Disk;
  readonly #backoff: BackoffBounds;
  /** Models that show on the volume, but that a crash of the machine could still take. */
  readonly #unsynced = new Set<PublishedModel>();
  #mustSync = false;
  #work: Promise<void> | undefined;

  /** @param onSettled told whenever nothing waits any more. */
  constructor(directory: string, log: Logger, onSettled: () => void = () => {}, options: PublisherOptions = {}) {
    this.#directory = directory;
    this.#log = log;
    this.#onSettled = onSettled;
    this.#disk = options.disk ?? realDisk;
    this.#backoff = options.backoff ?? NETWORK_BACKOFF;
  }

  /** Path of a published model below the output directory. */
  static pathOf(model: PublishedModel): string {
    return `${model}/model.safetensors`;
  }

  /** Publishes soon; a newer model replaces one that still waits. */
  publish(model: PublishedModel, wanted: Publication | Choice): void {
    this.#wanted.set(model, wanted);
    this.#start();
  }

  /** Makes what is published durable, in the background: only then may anybody say that the models are there for good. */
  sync(): void {
    if (this.#unsynced.size === 0 && this.#wanted.size === 0 && !this.isBusy) return;
    this.#mustSync = true;
    this.#start();
  }

  #start(): void {
    this.#work ??= this.#drain().finally(() => {
      this.#work = undefined;
      this.#onSettled();
    });
  }

  /** Whether everything that is published would survive a crash of the machine. */
  get isDurable(): boolean {
    return this.#unsynced.size === 0;
  }

  /** Whether the volume has a model for good: its other copies are needed no longer. */
  isSafe(model: PublishedModel, sha256: string): boolean {
    return this.#shown.get(model)?.sha256 === sha256 && !this.#unsynced.has(model);
  }

  /** Whether something waits to be published. */
  get isBusy(): boolean {
    return this.#work !== undefined;
  }

  /** What the volume shows of a model; `undefined` before this process has written or checked it. */
  shown(model: PublishedModel): ShownModel | undefined {
    return this.#shown.get(model);
  }

  /** Why a model is not on the output volume; `undefined` when the last try of each went well. */
  get problem(): TributaryError | undefined {
    const [failed] = this.#failures;
    if (failed === undefined) return undefined;
    const [model, cause] = failed;
    const message = `${OutputPublisher.pathOf(model)} cannot be written to the output volume: ${cause.message}`;
    return new TributaryError(isStorageError(cause) ? cause.code : "STORAGE_UNAVAILABLE", message, { cause });
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  async #drain(): Promise<void> {
    for (const [model, wanted] of this.#wanted) {
      this.#wanted.delete(model);
      const look: Look = (isOurs) => this.#look(model, isOurs);
      await this.#attempt(model, async () => {
        const publication = typeof wanted === "function" ? await wanted(look) : wanted;
        if (publication !== undefined) await this.#place(model, publication);
      });
    }
    if (this.#mustSync && this.#wanted.size === 0) {
      this.#mustSync = false;
      for (const model of this.#unsynced) await this.#syncPlaced(model);
    }
    if (this.#wanted.size > 0 || this.#mustSync) await this.#drain();
  }

  /** Tries a few times; what it fails with stays to be seen until the next try goes well. */
  async #attempt(model: PublishedModel, write: () => Promise<void>): Promise<void> {
    await retry(write, {
      maxAttempts: 5,
      backoff: this.#backoff,
      isRetriable: () => true,
      onRetry: (error) => this.#log.warn({ err: error, model }, "model cannot be published yet"),
    }).then(
      () => this.#failures.delete(model),
      (error: Error) => {
        this.#failures.set(model, error);
        this.#log.error({ err: error, model }, "model was not published");
      },
    );
  }

  /** What is there besides a model that could not be published is not what is wanted: that it is synced says nothing. */
  async #syncPlaced(model: PublishedModel): Promise<void> {
    if (this.#failures.has(model)) return;
    await this.#attempt(model, () => this.#makeDurable(model));
    // It need not be there any more: it is looked at, and written, again.
    if (this.#failures.has(model)) this.#shown.delete(model);
  }

  async #place(model: PublishedModel, publication: Publication): Promise<void> {
    // A file that cannot be read is written anew.
    const before = await this.#look(model, (sha256) => sha256 === publication.sha256).catch(() => undefined);
    if (before !== undefined && noteOf(before) === noteOf(publication)) return;
    this.#unsynced.add(model);
    await makeDirectoryDurably(join(this.#directory, model), this.#disk);
    if (before?.sha256 !== publication.sha256) await this.#placeFile(model, publication);
    await this.#placeNote(model, publication);
  }

  async #placeFile(model: PublishedModel, { sha256, source }: Publication): Promise<void> {
    const disk = this.#disk;
    const target = this.#fileOf(model);
    const temporary = `${target}.tmp`;
    await disk.remove(temporary);
    try {
      await this.#linkTwin(model, sha256, temporary)
        .catch(() => disk.link(requireSource(source), temporary))
        .catch(() => disk.copy(requireSource(source), temporary));
      await disk.rename(temporary, target);
    } finally {
      // A rename of one name of a file over another name of it does nothing; half a copy takes room that others need.
      await disk.remove(temporary).catch(() => {});
    }
    // The note beside it tells of another one until it is replaced.
    this.#shown.delete(model);
  }

  /** Synced before the job is complete, not in every round: what a crash of the machine takes before is written again at the next start. */
  async #placeNote(model: PublishedModel, { round, sha256, metricValue }: Publication): Promise<void> {
    const disk = this.#disk;
    const path = this.#notePathOf(model);
    const noteFile = await disk.open(`${path}.tmp`, "w");
    const shown = { round, sha256, metricValue };
    await writeFully(noteFile, Buffer.from(noteOf(shown))).finally(() => noteFile.close());
    await disk.rename(`${path}.tmp`, path);
    this.#shown.set(model, shown);
  }

  /** As {@link Look}, whoever wrote it: what a former process published need not have become durable. */
  async #look(model: PublishedModel, isOurs: (sha256: string) => boolean): Promise<ShownModel | undefined> {
    const known = this.#shown.get(model);
    if (known !== undefined) return known;
    const note = parseNote(await readFileIfPresent(this.#notePathOf(model), this.#disk));
    if (note === undefined || !isOurs(note.sha256)) return undefined;
    if (!(await this.#isFile(this.#fileOf(model), note.sha256))) return undefined;
    this.#unsynced.add(model);
    this.#shown.set(model, note);
    return note;
  }

  async #makeDurable(model: PublishedModel): Promise<void> {
    for (const path of [this.#fileOf(model), this.#notePathOf(model)]) await syncFile(path, this.#disk);
    await syncDirectory(join(this.#directory, model), this.#disk);
    this.#unsynced.delete(model);
  }

  /** The best model was most often the last one a round before: then its file is on the output volume already. */
  async #linkTwin(model: PublishedModel, sha256: string, to: string): Promise<void> {
    const twin = [...this.#shown].find(([other, shown]) => other !== model && shown.sha256 === sha256)?.[0];
    if (twin === undefined) throw new Error("no published model has this digest");
    await this.#disk.link(this.#fileOf(twin), to);
  }

  async #isFile(path: string, sha256: string): Promise<boolean> {
    if ((await this.#disk.sizeOf(path)) === undefined) return false;
    return Buffer.from(await sha256OfFile(path, this.#disk)).toString("hex") === sha256;
  }

  #fileOf(model: PublishedModel): string {
    return join(this.#directory, OutputPublisher.pathOf(model));
  }

  #notePathOf(model: PublishedModel): string {
    return join(this.#directory, model, "round.json");
  }
}

function noteOf({ round, sha256, metricValue }: ShownModel): string {
  return `${JSON.stringify({ round, sha256, metricValue: metricValue ?? null })}\n`;
}

/** Reads a note that any process may have left, whole or not. */
function parseNote(bytes: Buffer | undefined): ShownModel | undefined {
  try {
    const { round, sha256, metricValue } = JSON.parse(bytes?.toString("utf8") ?? "");
    if (!Number.isSafeInteger(round) || typeof sha256 !== "string") return undefined;
    return { round, sha256, metricValue: typeof metricValue === "string" ? metricValue : undefined };
  } catch {
    return undefined;
  }
}

function requireSource(source: string | undefined): string {
  if (source === undefined) throw new Error("its file is gone");
  return source;
}
