import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { storageError } from "./storage-error.ts";

/**
 * A file open for reading by code that cannot wait for it, as decoders of large models are. Every error says which volume is broken or
 * closed to this process, as those of {@link realDisk} do; any other is Node's.
 */
export class SyncReader implements Disposable {
  /** Path that it was opened by. */
  readonly path: string;
  /** Size in bytes when it was opened. */
  readonly sizeBytes: number;
  readonly #descriptor: number;

  private constructor(path: string, descriptor: number, sizeBytes: number) {
    this.path = path;
    this.#descriptor = descriptor;
    this.sizeBytes = sizeBytes;
  }

  /**
   * Opens a file.
   *
   * @throws STORAGE_UNAVAILABLE; ENOENT where there is none.
   */
  static open(path: string): SyncReader {
    const descriptor = named(path, () => openSync(path, "r"));
    try {
      return new SyncReader(
        path,
        descriptor,
        named(path, () => fstatSync(descriptor).size),
      );
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /**
   * Fills `buffer` as far as the file goes; tells how many bytes that were.
   *
   * @throws STORAGE_UNAVAILABLE.
   */
  readUpTo(position: number, buffer: Uint8Array): number {
    let done = 0;
    while (done < buffer.length) {
      const count = named(this.path, () =>
        readSync(this.#descriptor, buffer, done, buffer.length - done, position + done),
      );
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}

function named<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw storageError(cause, path);
  }
}
