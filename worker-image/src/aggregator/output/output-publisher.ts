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

/** A model to publish. */
export interface Publication {
  readonly source: string;
  /** Rounds that were committed into it. */
  readonly round: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Metric of the model, when it was evaluated. */
  readonly metricValue: string | undefined;
}

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
  readonly #wanted = new Map<PublishedModel, Publication>();
  /** Notes of what this process has published. */
  readonly #shown = new Map<PublishedModel, { readonly note: string; readonly sha256: string }>();
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
  publish(model: PublishedModel, publication: Publication): void {
    this.#wanted.set(model, publication);
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

  /** A model whose file is gone cannot be published any more: what was published of it before stays. */
  giveUp(model: PublishedModel): void {
    if (this.#failures.delete(model)) this.#log.error({ model }, "model was pruned before it could be published");
  }

  /** Whether everything that is published would survive a crash of the machine. */
  get isDurable(): boolean {
    return this.#unsynced.size === 0;
  }

  /** Whether something waits to be published. */
  get isBusy(): boolean {
    return this.#work !== undefined;
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
    for (const [model, publication] of this.#wanted) {
      this.#wanted.delete(model);
      await this.#attempt(model, () => this.#place(model, publication));
    }
    if (this.#mustSync && this.#wanted.size === 0) {
      this.#mustSync = false;
      for (const model of this.#unsynced) await this.#attempt(model, () => this.#makeDurable(model));
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

  async #place(model: PublishedModel, { source, round, sha256, metricValue }: Publication): Promise<void> {
    const directory = join(this.#directory, model);
    const target = join(directory, "model.safetensors");
    const note = `${JSON.stringify({ round, sha256, metricValue: metricValue ?? null })}\n`;
    const notePath = join(directory, "round.json");
    if (this.#shown.get(model)?.note === note) return;
    const disk = this.#disk;
    const shown = await readFileIfPresent(notePath, disk);
    // What a former process published need not have become durable.
    this.#unsynced.add(model);
    if (shown?.toString("utf8") === note && (await this.#isFile(target, sha256))) {
      this.#shown.set(model, { note, sha256 });
      return;
    }
    await makeDirectoryDurably(directory, disk);
    const temporary = `${target}.tmp`;
    await disk.remove(temporary);
    try {
      await this.#linkTwin(model, sha256, temporary)
        .catch(() => disk.link(source, temporary))
        .catch(() => disk.copy(source, temporary));
      await disk.rename(temporary, target);
    } finally {
      // A rename of one name of a file over another name of it does nothing; half a copy takes room that others need.
      await disk.remove(temporary).catch(() => {});
    }
    // Synced before the job is complete, not in every round: what a crash of the machine takes before is written again at the next start.
    const noteFile = await disk.open(`${notePath}.tmp`, "w");
    await writeFully(noteFile, Buffer.from(note)).finally(() => noteFile.close());
    await disk.rename(`${notePath}.tmp`, notePath);
    this.#shown.set(model, { note, sha256 });
  }

  async #makeDurable(model: PublishedModel): Promise<void> {
    const directory = join(this.#directory, model);
    for (const name of ["model.safetensors", "round.json"]) await syncFile(join(directory, name), this.#disk);
    await syncDirectory(directory, this.#disk);
    this.#unsynced.delete(model);
  }

  /** The best model was most often the last one a round before: then its file is on the output volume already. */
  async #linkTwin(model: PublishedModel, sha256: string, to: string): Promise<void> {
    const twin = [...this.#shown].find(([other, shown]) => other !== model && shown.sha256 === sha256)?.[0];
    if (twin === undefined) throw new Error("no published model has this digest");
    await this.#disk.link(join(this.#directory, OutputPublisher.pathOf(twin)), to);
  }

  async #isFile(path: string, sha256: string): Promise<boolean> {
    const found = await sha256OfFile(path, this.#disk).catch(() => undefined);
    return found !== undefined && Buffer.from(found).toString("hex") === sha256;
  }
}
