import { constants } from "node:fs";
import { copyFile, link, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Logger, readFileIfPresent, retry, TributaryError } from "@tributary/kit";
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
  #work: Promise<void> | undefined;

  /** @param onSettled told whenever nothing waits any more. */
  constructor(directory: string, log: Logger, onSettled: () => void = () => {}) {
    this.#directory = directory;
    this.#log = log;
    this.#onSettled = onSettled;
  }

  /** Path of a published model below the output directory. */
  static pathOf(model: PublishedModel): string {
    return `${model}/model.safetensors`;
  }

  /** Publishes soon; a newer model replaces one that still waits. */
  publish(model: PublishedModel, publication: Publication): void {
    this.#wanted.set(model, publication);
    this.#work ??= this.#drain().finally(() => {
      this.#work = undefined;
      this.#onSettled();
    });
  }

  /** A model whose file is gone cannot be published any more: what was published of it before stays. */
  giveUp(model: PublishedModel): void {
    if (this.#failures.delete(model)) this.#log.error({ model }, "model was pruned before it could be published");
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
    return new TributaryError("STORAGE_UNAVAILABLE", message, { cause });
  }

  /** Resolves when nothing waits any more. */
  async settled(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  async #drain(): Promise<void> {
    for (const [model, publication] of this.#wanted) {
      this.#wanted.delete(model);
      await retry(() => this.#place(model, publication), {
        maxAttempts: 5,
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
    if (this.#wanted.size > 0) await this.#drain();
  }

  async #place(model: PublishedModel, { source, round, sha256, metricValue }: Publication): Promise<void> {
    const directory = join(this.#directory, model);
    const target = join(directory, "model.safetensors");
    const note = `${JSON.stringify({ round, sha256, metricValue: metricValue ?? null })}\n`;
    const notePath = join(directory, "round.json");
    if (this.#shown.get(model)?.note === note) return;
    if ((await readFileIfPresent(notePath))?.toString("utf8") === note && (await isFile(target, sha256))) {
      this.#shown.set(model, { note, sha256 });
      return;
    }
    await mkdir(directory, { recursive: true });
    const temporary = `${target}.tmp`;
    await rm(temporary, { force: true });
    await this.#linkTwin(model, sha256, temporary)
      .catch(() => link(source, temporary))
      .catch(() => copyFile(source, temporary, constants.COPYFILE_FICLONE));
    await rename(temporary, target);
    // A rename of one name of a file over another name of it does nothing.
    await rm(temporary, { force: true });
    // Not synced: what a crash of the machine takes is written again at the next start.
    await writeFile(`${notePath}.tmp`, note);
    await rename(`${notePath}.tmp`, notePath);
    this.#shown.set(model, { note, sha256 });
  }

  /** The best model was most often the last one a round before: then its file is on the output volume already. */
  async #linkTwin(model: PublishedModel, sha256: string, to: string): Promise<void> {
    const twin = [...this.#shown].find(([other, shown]) => other !== model && shown.sha256 === sha256)?.[0];
    if (twin === undefined) throw new Error("no published model has this digest");
    await link(join(this.#directory, OutputPublisher.pathOf(twin)), to);
  }
}

async function isFile(path: string, sha256: string): Promise<boolean> {
  const found = await sha256OfFile(path).catch(() => undefined);
  return found !== undefined && Buffer.from(found).toString("hex") === sha256;
}
