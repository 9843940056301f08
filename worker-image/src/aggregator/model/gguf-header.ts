import type { FileHandle } from "node:fs/promises";
import { TributaryError } from "@tributary/kit";

/** Name and dimensions of a tensor as GGUF stores them: the fastest dimension first, so a weight is [in, out]. */
export interface GgufTensor {
  readonly name: string;
  readonly dimensions: readonly number[];
}

const MAGIC = 0x46554747;
const READ_BYTES = 2 ** 20;
const MAX_HEADER_BYTES = 512 * 2 ** 20;
/** Bytes of GGUF's scalar value types by number; 8 is a string, 9 an array (ggml docs/gguf.md). */
const SCALAR_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};
const STRING = 8;
const ARRAY = 9;

/**
 * Reads the tensor list of a GGUF file (versions 2 and 3, little-endian) without reading a weight.
 *
 * @throws MODEL_SOURCE_INVALID naming the file and what is wrong.
 */
export async function readGgufTensors(file: FileHandle, path: string): Promise<GgufTensor[]> {
  const reader = new GgufReader(file, path);
  if ((await reader.u32()) !== MAGIC) throw reader.invalid("does not start with GGUF");
  const version = await reader.u32();
  if (version !== 2 && version !== 3) throw reader.invalid(`has GGUF version ${version}, must be 2 or 3`);
  const tensorCount = await reader.count();
  const entryCount = await reader.count();
  for (let entry = 0; entry < entryCount; entry++) {
    await reader.text();
    await skipValue(reader, await reader.u32());
  }
  const tensors: GgufTensor[] = [];
  for (let index = 0; index < tensorCount; index++) {
    const name = await reader.text();
    const rank = await reader.u32();
    if (rank > 4) throw reader.invalid(`tensor ${name} has ${rank} dimensions, at most 4 are known`);
    const dimensions: number[] = [];
    for (let axis = 0; axis < rank; axis++) dimensions.push(await reader.count());
    await reader.skip(4 + 8);
    tensors.push({ name, dimensions });
  }
  return tensors;
}

async function skipValue(reader: GgufReader, type: number): Promise<void> {
  if (type === STRING) return void (await reader.text());
  if (type !== ARRAY) return reader.skip(scalarBytes(reader, type));
  const itemType = await reader.u32();
  const count = await reader.count();
  if (itemType === STRING || itemType === ARRAY) {
    for (let index = 0; index < count; index++) await skipValue(reader, itemType);
  } else {
    await reader.skip(count * scalarBytes(reader, itemType));
  }
}

function scalarBytes(reader: GgufReader, type: number): number {
  const bytes = SCALAR_BYTES[type];
  if (bytes === undefined) throw reader.invalid(`has a value of unknown type ${type}`);
  return bytes;
}

/** Reads a file from its start with one buffer. */
class GgufReader {
  readonly #file: FileHandle;
  readonly #path: string;
  #buffer = Buffer.alloc(0);
  #bufferStart = 0;
  #position = 0;

  constructor(file: FileHandle, path: string) {
    this.#file = file;
    this.#path = path;
  }

  async u32(): Promise<number> {
    return (await this.#take(4)).readUInt32LE(0);
  }

  /** A 64-bit count that must be a safe integer. */
  async count(): Promise<number> {
    const value = (await this.#take(8)).readBigUInt64LE(0);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.invalid(`has a count of ${value}`);
    return Number(value);
  }

  async text(): Promise<string> {
    const length = await this.count();
    return (await this.#take(length)).toString("utf8");
  }

  async skip(lengthBytes: number): Promise<void> {
    this.#position += lengthBytes;
    if (this.#position > MAX_HEADER_BYTES) throw this.invalid(`has a header of more than ${MAX_HEADER_BYTES} bytes`);
  }

  invalid(why: string): TributaryError {
    return new TributaryError("MODEL_SOURCE_INVALID", `${this.#path} ${why}`, { details: { path: this.#path } });
  }

  async #take(lengthBytes: number): Promise<Buffer> {
    if (lengthBytes > MAX_HEADER_BYTES - this.#position) throw this.invalid(`has a text of ${lengthBytes} bytes`);
    let offset = this.#position - this.#bufferStart;
    if (offset < 0 || offset + lengthBytes > this.#buffer.length) {
      const wanted = Math.max(READ_BYTES, lengthBytes);
      const buffer = Buffer.alloc(wanted);
      const { bytesRead } = await this.#file.read(buffer, 0, wanted, this.#position);
      if (bytesRead < lengthBytes) throw this.invalid("ends in its header");
      this.#buffer = buffer.subarray(0, bytesRead);
      this.#bufferStart = this.#position;
      offset = 0;
    }
    this.#position += lengthBytes;
    return this.#buffer.subarray(offset, offset + lengthBytes);
  }
}
