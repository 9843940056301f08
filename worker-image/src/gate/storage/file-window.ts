import { type DiskFile, readUpTo } from "@tributary/kit";

/** What is read at a time; a frame that is longer is read whole. */
const WINDOW_BYTES = 2 ** 18;

/** A part of a file in memory, that goes along with whoever reads it from its start to its end. */
export class FileWindow {
  readonly #file: DiskFile;
  readonly #sizeBytes: number;
  #buffer = Buffer.alloc(0);
  #position = 0;

  constructor(file: DiskFile, sizeBytes: number) {
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  /** Bytes of the file, fewer where it ends before; valid until the next call. */
  async bytes(position: number, length: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(length, this.#sizeBytes - position));
    const isThere = position >= this.#position && position + wanted <= this.#position + this.#buffer.length;
    if (!isThere) await this.#fill(position, wanted);
    const start = position - this.#position;
    return this.#buffer.subarray(start, start + wanted);
  }

  async #fill(position: number, wanted: number): Promise<void> {
    const buffer = Buffer.allocUnsafe(Math.min(Math.max(wanted, WINDOW_BYTES), this.#sizeBytes - position));
    this.#buffer = buffer.subarray(0, await readUpTo(this.#file, position, buffer));
    this.#position = position;
  }
}
