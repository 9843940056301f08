import { join } from "node:path";
import {
  type Disk,
  makeDirectoryDurably,
  readFileIfPresent,
  syncDirectory,
  syncFile,
  writeFully,
} from "@tributary/kit";
import { sha256OfFile } from "../../shared/files/flat-model-file.ts";

/** A model as the output volume shows it. */
export interface ShownModel {
  /** Rounds that were committed into it. */
  readonly round: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /** Metric of the model, when it was evaluated. */
  readonly metricValue: string | undefined;
}

/** Where the output volume has one model: a file, which appears by one rename, and a note beside it that says which it is. */
export class ModelPlace {
  /** Name of a model's file in its folder. */
  static readonly fileName = "model.safetensors";
  /** Path of the model's file. */
  readonly filePath: string;
  readonly #folder: string;
  readonly #notePath: string;
  readonly #disk: Disk;

  constructor(folder: string, disk: Disk) {
    this.#folder = folder;
    this.filePath = join(folder, ModelPlace.fileName);
    this.#notePath = join(folder, "round.json");
    this.#disk = disk;
  }

  /** What the note says, whoever wrote it; `undefined` when there is none that can be read as one. */
  async readNote(): Promise<ShownModel | undefined> {
    return parseNote(await readFileIfPresent(this.#notePath, this.#disk));
  }

  /** Whether the file is there and has this digest, hexadecimal. */
  async holds(sha256: string): Promise<boolean> {
    if ((await this.#disk.sizeOf(this.filePath)) === undefined) return false;
    return Buffer.from(await sha256OfFile(this.filePath, this.#disk)).toString("hex") === sha256;
  }

  /** Makes the folder. */
  async prepare(): Promise<void> {
    await makeDirectoryDurably(this.#folder, this.#disk);
  }

  /** @param make makes the file under the name that it is given, which nothing has. */
  async placeFile(make: (temporary: string) => Promise<void>): Promise<void> {
    const disk = this.#disk;
    const temporary = `${this.filePath}.tmp`;
    await disk.remove(temporary);
    try {
      await make(temporary);
      await disk.rename(temporary, this.filePath);
    } finally {
      // A rename of one name of a file over another name of it does nothing; half a copy takes room that others need.
      await disk.remove(temporary).catch(() => {});
    }
  }

  /** Replaces the note. */
  async placeNote(shown: ShownModel): Promise<void> {
    const temporary = `${this.#notePath}.tmp`;
    const file = await this.#disk.open(temporary, "w");
    await writeFully(file, Buffer.from(noteOf(shown))).finally(() => file.close());
    await this.#disk.rename(temporary, this.#notePath);
  }

  /** Takes the note away: whoever comes next finds no model here. */
  removeNote(): Promise<void> {
    return this.#disk.remove(this.#notePath);
  }

  /** Makes file and note durable. After a failure both are placed anew before it is tried again: the disk says nothing more of these. */
  async sync(): Promise<void> {
    for (const path of [this.filePath, this.#notePath]) await syncFile(path, this.#disk);
    await syncDirectory(this.#folder, this.#disk);
  }
}

/** Whether two models would have the same note. */
export function isSameModel(a: ShownModel, b: ShownModel): boolean {
  return noteOf(a) === noteOf(b);
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
