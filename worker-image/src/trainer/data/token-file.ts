import { join } from "node:path";
import { type Disk, type DiskFile, makeDirectoryDurably, readFully, writeFully } from "@tributary/kit";

const bufferedTokens = 2 ** 18;

/** Tokens on the volume that sidecar and trainer share: a data set may be larger than the memory of its trainer. */
export class TokenFile {
  readonly #file: DiskFile;
  readonly #buffer: Uint16Array | Uint32Array;
  #buffered = 0;
  /** Tokens that were appended. */
  length = 0;

  private constructor(file: DiskFile, vocabulary: number) {
    this.#file = file;
    this.#buffer = vocabulary <= 2 ** 16 ? new Uint16Array(bufferedTokens) : new Uint32Array(bufferedTokens);
  }

  /**
   * Makes an empty file and takes its name away at once, so that it goes with the process.
   * @param vocabulary number of tokens that exist
   */
  static async create(directory: string, name: string, vocabulary: number, disk: Disk): Promise<TokenFile> {
    await makeDirectoryDurably(directory, disk);
    const path = join(directory, name);
    await disk.remove(path);
    const file = await disk.open(path, "w+");
    await disk.remove(path);
    return new TokenFile(file, vocabulary);
  }

  /** Appends tokens. */
  async append(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      this.#buffer[this.#buffered++] = id;
      if (this.#buffered === bufferedTokens) await this.flush();
    }
    this.length += ids.length;
  }

  /** Writes what is held back; needed before tokens are read. */
  async flush(): Promise<void> {
    const { buffer, byteOffset, BYTES_PER_ELEMENT } = this.#buffer;
    await writeFully(this.#file, new Uint8Array(buffer, byteOffset, this.#buffered * BYTES_PER_ELEMENT));
    this.#buffered = 0;
  }

  /** Reads `count` tokens from number `start` on. */
  async read(start: number, count: number): Promise<Int32Array> {
    const width = this.#buffer.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(count * width);
    await readFully(this.#file, start * width, bytes);
    return Int32Array.from(width === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer));
  }
}
