import { SyncReader } from "@tributary/kit";
import { ggufError, MoreBytesNeeded } from "./byte-cursor.ts";
import { dequantise } from "./dequantise.ts";
import { type GgufHeader, parseGgufHeader, type TensorEntry } from "./header.ts";
import type { Metadata } from "./metadata.ts";

/** Name and row-major shape of a tensor, so a weight is [outputs, inputs]. */
export type TensorShape = Pick<TensorEntry, "name" | "shape">;

const firstReadBytes = 4 * 1024 * 1024;

/** Longest header that is read: three times that of a vocabulary of half a million tokens; what it holds lies in memory. */
const maxHeaderBytes = 64 * 1024 * 1024;

/** A GGUF file opened for reading: metadata at hand, tensors decoded one at a time so that memory stays bounded. */
export class GgufFile implements Disposable {
  readonly #file: SyncReader;
  readonly #header: GgufHeader;

  private constructor(file: SyncReader, header: GgufHeader) {
    this.#file = file;
    this.#header = header;
  }

  /**
   * Opens a file and reads its header.
   * @throws TributaryError (`TRAINER_MODEL_INVALID`) that names the offset, key or tensor that is wrong, or (`STORAGE_UNAVAILABLE`) that
   * names the volume which does not work or denies access; ENOENT where there is no file
   */
  static open(path: string): GgufFile {
    const file = SyncReader.open(path);
    try {
      return new GgufFile(file, readHeader(file));
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  /** Metadata by key. */
  get metadata(): Metadata {
    return this.#header.metadata;
  }

  /** Names and shapes of all tensors, in the file's order. */
  get tensorShapes(): readonly TensorShape[] {
    return [...this.#header.tensors.values()].map(({ name, shape }) => ({ name, shape }));
  }

  /**
   * Decodes a tensor to 32-bit floats, row-major.
   * @param shape the shape that the caller expects
   * @throws TributaryError when the tensor is absent, has another shape or holds a value that is not finite; STORAGE_UNAVAILABLE
   */
  readTensor(name: string, shape: readonly number[]): Float32Array {
    const entry = this.#header.tensors.get(name);
    if (entry === undefined) throw ggufError(`tensor ${name}`, "is not in the file");
    if (entry.shape.join() !== shape.join()) {
      throw ggufError(`tensor ${name}`, `has shape [${entry.shape}], expected [${shape}]`);
    }
    const values = dequantise(entry.format, this.#readData(entry));
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw ggufError(`tensor ${name}`, `holds ${values[bad]} at ${bad}, expected finite values`);
    return values;
  }

  #readData(entry: TensorEntry): Uint8Array {
    const bytes = Buffer.allocUnsafeSlow(entry.sizeBytes);
    readFully(this.#file, bytes, entry.offsetBytes);
    return bytes;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

function readHeader(file: SyncReader): GgufHeader {
  const fileBytes = file.sizeBytes;
  let wanted = Math.min(firstReadBytes, fileBytes);
  for (;;) {
    const bytes = Buffer.allocUnsafeSlow(wanted);
    readFully(file, bytes, 0);
    try {
      return parseGgufHeader(bytes, fileBytes);
    } catch (error) {
      if (!(error instanceof MoreBytesNeeded)) throw error;
      if (error.neededBytes > maxHeaderBytes)
        throw ggufError(`offset ${wanted}`, `the header goes on past ${maxHeaderBytes} bytes`);
      wanted = Math.min(Math.max(2 * wanted, error.neededBytes), fileBytes);
    }
  }
}

function readFully(file: SyncReader, bytes: Buffer, position: number): void {
  const found = file.readUpTo(position, bytes);
  if (found < bytes.length) throw ggufError(`offset ${position + found}`, "the file ended while it was read");
}
