import { join } from "node:path";
import {
  type BackoffBounds,
  type Disk,
  isStorageError,
  type Logger,
  NETWORK_BACKOFF,
  realDisk,
  retry,
  TributaryError,
} from "@tributary/kit";
import { copyVerified } from "./copy-verified.ts";
import { isSameModel, ModelPlace, type ShownModel } from "./model-place.ts";

export type { ShownModel } from "./model-place.ts";

/** The two models that the output volume keeps. */
export const PublishedModel = { Last: "last", Best: "best" } as const;
/** One of the values of {@link PublishedModel}. */
export type PublishedModel = (typeof PublishedModel)[keyof typeof PublishedModel];

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
  /** What this process placed last, or found there, with where it came from. */
  readonly #placed = new Map<PublishedModel, Publication>();
  /** Why the newest publication of a model failed. */
  readonly #failures = new Map<PublishedModel, Error>();
  readonly #onSettled: () => void;
  readonly #disk: Disk;
  readonly #backoff: BackoffBounds;
  /** Models that show on the volume, but that a crash of the machine could still take. */
  readonly #unsynced = new Set<PublishedModel>();
  /**
   * Models that a sync failed for. A disk tells once of bytes that it lost and takes them for written from then on: a second sync of the
   * same file would go well and say nothing. Each counts as not there until it is another file.
   */
  readonly #doubted = new Set<PublishedModel>();
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
    return `${model}/${ModelPlace.fileName}`;
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
  async #attempt(model: PublishedModel, write: () => Promise<void>, maxAttempts = 5): Promise<void> {
    await retry(write, {
      maxAttempts,
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
    const sync = async () => {
      const placed = this.#placed.get(model);
      if (this.#doubted.has(model) && placed !== undefined) await this.#place(model, placed);
      await this.#makeDurable(model);
    };
    // Each try after the first copies the whole model: a volume that goes on failing is left until the next time.
    await this.#attempt(model, sync, 2);
    // It need not be there any more: it is looked at, and written, again.
    if (this.#failures.has(model)) this.#shown.delete(model);
  }

  async #place(model: PublishedModel, publication: Publication): Promise<void> {
    const place = this.#placeOf(model);
    // A file that cannot be read is written anew.
    const before = await this.#look(model, (sha256) => sha256 === publication.sha256).catch(() => undefined);
    this.#placed.set(model, publication);
    const isDoubted = this.#doubted.has(model);
    if (!isDoubted && before !== undefined && isSameModel(before, publication)) return;
    this.#unsynced.add(model);
    await place.prepare();
    if (isDoubted || before?.sha256 !== publication.sha256) {
      await place.placeFile((to) =>
        isDoubted ? this.#copyAnew(model, publication, to) : this.#linkOrCopy(model, publication, to),
      );
      // The note beside it tells of another one until it is replaced.
      this.#shown.delete(model);
    }
    // Synced before the job is complete, not in every round: what a crash of the machine takes before is written again at the next start.
    const { round, sha256, metricValue } = publication;
    await place.placeNote({ round, sha256, metricValue });
    this.#shown.set(model, { round, sha256, metricValue });
    this.#doubted.delete(model);
  }

  /** As {@link Look}, whoever wrote it: what a former process published need not have become durable. */
  async #look(model: PublishedModel, isOurs: (sha256: string) => boolean): Promise<ShownModel | undefined> {
    const known = this.#shown.get(model);
    if (known !== undefined) return known;
    const place = this.#placeOf(model);
    const note = await place.readNote();
    if (note === undefined || !isOurs(note.sha256) || !(await place.holds(note.sha256))) return undefined;
    this.#unsynced.add(model);
    this.#shown.set(model, note);
    this.#placed.set(model, note);
    return note;
  }

  async #makeDurable(model: PublishedModel): Promise<void> {
    try {
      await this.#placeOf(model).sync();
    } catch (error) {
      await this.#doubt(model);
      throw error;
    }
    this.#unsynced.delete(model);
  }

  async #doubt(model: PublishedModel): Promise<void> {
    const sha256 = this.#placed.get(model)?.sha256;
    // Models of one digest may be two names of one file.
    const doubted = [...this.#placed].filter(([other, placed]) => other === model || placed.sha256 === sha256);
    for (const [other, { source }] of doubted) {
      this.#doubted.add(other);
      this.#unsynced.add(other);
      // Nor may a later process believe in it, which does not know of the failure; without a source it is all that is left.
      if (source !== undefined)
        await this.#placeOf(other)
          .removeNote()
          .catch(() => {});
    }
  }

  async #linkOrCopy(model: PublishedModel, { sha256, source }: Publication, to: string): Promise<void> {
    await this.#linkTwin(model, sha256, to)
      .catch(() => this.#disk.link(requireSource(source), to))
      .catch(() => this.#disk.copy(requireSource(source), to));
  }

  /** Neither linked nor cloned: the source may be the very file that was not synced, and its blocks what was lost of it. */
  async #copyAnew(model: PublishedModel, { sha256, source }: Publication, to: string): Promise<void> {
    // What lies on the volume may be whole as long as it is in memory.
    const rest = [model, ...this.#twinsOf(model, sha256)].map((other) => this.#placeOf(other).filePath);
    let failure: unknown;
    for (const from of source === undefined ? rest : [source, ...rest]) {
      try {
        return await copyVerified(from, to, sha256, this.#disk);
      } catch (error) {
        failure ??= error;
        await this.#disk.remove(to);
      }
    }
    throw failure;
  }

  /** The best model was most often the last one a round before: then its file is on the output volume already. */
  async #linkTwin(model: PublishedModel, sha256: string, to: string): Promise<void> {
    const twin = this.#twinsOf(model, sha256).find((other) => !this.#doubted.has(other));
    if (twin === undefined) throw new Error("no published model has this digest");
    await this.#disk.link(this.#placeOf(twin).filePath, to);
  }

  #twinsOf(model: PublishedModel, sha256: string): PublishedModel[] {
    return [...this.#shown]
      .filter(([other, shown]) => other !== model && shown.sha256 === sha256)
      .map(([other]) => other);
  }

  #placeOf(model: PublishedModel): ModelPlace {
    return new ModelPlace(join(this.#directory, model), this.#disk);
  }
}

function requireSource(source: string | undefined): string {
  if (source === undefined) throw new Error("its file is gone");
  return source;
}
