import { randomUUID } from "node:crypto";
import { join } from "node:path";
import {
  type Disk,
  makeDirectoryDurably,
  readFileIfPresent,
  realDisk,
  TributaryError,
  writeFully,
} from "@tributary/kit";

/** All holders' texts are as long, so that one is written over the other in place: a volume that is full takes that too. */
const HOLDER_BYTES = 512;

/** What says whether a volume may still be written to. */
export interface Holding {
  /** @throws STORAGE_UNAVAILABLE once another gate has taken the volume, or while that cannot be read. */
  requireHeld(): Promise<void>;
}

/** What a volume is held with. */
export interface HoldOptions {
  readonly directory: string;
  /** Who holds it, as the other's log names it: the pod. */
  readonly holder: string;
  readonly nowMs: number;
  /** The machine's by default. */
  readonly disk?: Disk;
}

/**
 * Says of a volume that this process alone writes to it. A claim that is ReadWriteOnce may be mounted by two pods of one node, and a node that
 * was given up may come back: both would append at the place where they know the end to be, the one over what the other had told to be durable.
 *
 * The one that opens last holds the volume; the other finds its name in place of its own before it writes, and before it answers what it wrote.
 */
export class VolumeHold implements Holding {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #text: Buffer;
  readonly #lost = Promise.withResolvers<never>();

  private constructor(path: string, disk: Disk, text: Buffer) {
    this.#path = path;
    this.#disk = disk;
    this.#text = text;
    this.#lost.promise.catch(() => {});
  }

  /**
   * Takes a volume, from whoever holds it now.
   *
   * @throws STORAGE_FULL, STORAGE_UNAVAILABLE.
   */
  static async take({ directory, holder, nowMs, disk = realDisk }: HoldOptions): Promise<VolumeHold> {
    const path = join(directory, "holder.json");
    const text = holderText({ process: randomUUID(), holder, since: new Date(nowMs).toISOString() });
    await makeDirectoryDurably(directory, disk);
    const isThere = (await disk.sizeOf(path)) !== undefined;
    const file = await disk.open(path, isThere ? "r+" : "w", 0o600);
    try {
      await writeFully(file, text, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    return new VolumeHold(path, disk, text);
  }

  /** Rejects once another gate has taken the volume: nothing that this process knows counts then. */
  get lost(): Promise<never> {
    return this.#lost.promise;
  }

  async requireHeld(): Promise<void> {
    const found = await readFileIfPresent(this.#path, this.#disk);
    if (found?.equals(this.#text) === true) return;
    const error = takenAway(this.#path, found);
    this.#lost.reject(error);
    throw error;
  }
}

function holderText(holder: { readonly process: string; readonly holder: string; readonly since: string }): Buffer {
  const text = Buffer.alloc(HOLDER_BYTES, " ");
  text.write(JSON.stringify({ version: 1, ...holder }));
  text.write("\n", HOLDER_BYTES - 1);
  return text;
}

function takenAway(path: string, found: Buffer | undefined): TributaryError {
  const by = found === undefined ? "is gone" : `names another gate: ${found.toString("utf8", 0, HOLDER_BYTES).trim()}`;
  const remedy =
    "one gate alone may write to its volume, and this one ends: see that its Deployment has one replica and that no other pod mounts the claim";
  return new TributaryError("STORAGE_UNAVAILABLE", `${path} ${by}; ${remedy}`, { details: { path } });
}
