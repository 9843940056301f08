import { ByteCursor, ggufError } from "./byte-cursor.ts";
import { formatOf, type TensorFormat } from "./dequantise.ts";
import { type Metadata, type MetadataValue, numberOf, readMetadataValue, uint32Type } from "./metadata.ts";

/** Where a tensor lies in the file and how to read it. */
export type TensorEntry = {
  /** Name, for example `blk.0.attn_q.weight`. */
  readonly name: string;
  /** Row-major shape: the reverse of GGUF's order, so a matrix is [outputs, inputs]. */
  readonly shape: readonly number[];
  readonly format: TensorFormat;
  /** Offset of the data from the start of the file, in bytes. */
  readonly offsetBytes: number;
  /** Length of the data in bytes. */
  readonly sizeBytes: number;
};

/** What stands before the tensor data. */
export type GgufHeader = {
  readonly metadata: Metadata;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
};

const magic = 0x46554747;
const supportedVersion = 3;
const maxDimensions = 4;
const alignmentKey = "general.alignment";
const defaultAlignmentBytes = 32;
const splitKey = "split.count";
/** Shortest possible metadata pair and tensor entry; bounds the counts before anything is allocated. */
const leastEntryBytes = 13;

/**
 * Parses the header of a GGUF version 3 file (ggml's `gguf.md`).
 * @param bytes the first bytes of the file
 * @param fileBytes length of the whole file, against which every count and offset is checked
 * @throws MoreBytesNeeded when the header is longer than `bytes`; TributaryError when the file is broken
 */
export function parseGgufHeader(bytes: Buffer, fileBytes: number): GgufHeader {
  const cursor = new ByteCursor(bytes, fileBytes);
  if (cursor.uint32("magic") !== magic) throw ggufError("offset 0", "the file does not start with the letters GGUF");
  const version = cursor.uint32("version");
  if (version !== supportedVersion) throw ggufError("offset 4", `version is ${version}, expected ${supportedVersion}`);
  const tensorCount = boundedCount(cursor, "number of tensors");
  const metadataCount = boundedCount(cursor, "number of metadata pairs");
  const metadata = new Map<string, MetadataValue>();
  for (let index = 0; index < metadataCount; index++) {
    const key = cursor.text("metadata key");
    if (metadata.has(key)) throw ggufError(`metadata ${key}`, "appears twice");
    const type = cursor.uint32(`type of ${key}`);
    if (key === alignmentKey && type !== uint32Type) throw ggufError(`metadata ${key}`, "is not of the type uint32");
    metadata.set(key, readMetadataValue(cursor, type, key));
  }
  requireWhole(metadata);
  const relative = [];
  for (let index = 0; index < tensorCount; index++) relative.push(readEntry(cursor));
  return { metadata, tensors: placeTensors(relative, cursor.offset, { alignment: alignmentOf(metadata), fileBytes }) };
}

function boundedCount(cursor: ByteCursor, what: string): number {
  const start = cursor.offset;
  const count = cursor.count(what);
  if (count * leastEntryBytes > cursor.remainingBytes) {
    throw ggufError(`offset ${start}`, `${what} is ${count}, more than the file can hold`);
  }
  return count;
}

/** A large model may come in several files, each with some of its tensors: one of them is no model, and its name alone does not tell. */
function requireWhole(metadata: Metadata): void {
  if (!metadata.has(splitKey)) return;
  const parts = numberOf(metadata, splitKey);
  if (parts === 0 || parts === 1) return;
  throw ggufError(`metadata ${splitKey}`, `is ${parts}: this is one of several files; join them with llama-gguf-split`);
}

function readEntry(cursor: ByteCursor): TensorEntry {
  const name = cursor.text("tensor name");
  const dimensions = cursor.uint32(`dimensions of ${name}`);
  if (dimensions < 1 || dimensions > maxDimensions) {
    throw ggufError(`tensor ${name}`, `has ${dimensions} dimensions, expected 1 to ${maxDimensions}`);
  }
  const shape: number[] = [];
  for (let axis = 0; axis < dimensions; axis++) shape.unshift(cursor.count(`shape of ${name}`));
  const format = formatOf(cursor.uint32(`storage type of ${name}`), name);
  const offsetBytes = cursor.count(`offset of ${name}`);
  const values = shape.reduce((product, length) => product * length, 1);
  const sizeBytes = (values / format.valuesPerBlock) * format.blockBytes;
  if (shape.at(-1)! % format.valuesPerBlock !== 0 || !Number.isSafeInteger(values) || values === 0) {
    throw ggufError(`tensor ${name}`, `shape [${shape}] cannot be stored as ${format.name}`);
  }
  return { name, shape, format, offsetBytes, sizeBytes };
}

function alignmentOf(metadata: Metadata): number {
  const alignment = metadata.get(alignmentKey) ?? defaultAlignmentBytes;
  if (typeof alignment !== "number" || !Number.isInteger(Math.log2(alignment))) {
    throw ggufError(`metadata ${alignmentKey}`, `is ${alignment}, expected a power of two`);
  }
  return alignment;
}

function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

/** As in ggml, each tensor begins where the one before it ends, aligned: no hole, no overlap, nothing after the last. */
function placeTensors(
  entries: readonly TensorEntry[],
  headerBytes: number,
  { alignment, fileBytes }: { readonly alignment: number; readonly fileBytes: number },
): Map<string, TensorEntry> {
  const tensors = new Map<string, TensorEntry>();
  const dataStart = alignUp(headerBytes, alignment);
  let next = 0;
  for (const entry of entries) {
    if (tensors.has(entry.name)) throw ggufError(`tensor ${entry.name}`, "appears twice");
    if (entry.offsetBytes !== next)
      throw ggufError(`tensor ${entry.name}`, `begins at ${entry.offsetBytes}, expected ${next}`);
    const end = dataStart + entry.offsetBytes + entry.sizeBytes;
    if (end > fileBytes) throw ggufError(`tensor ${entry.name}`, `ends at ${end}, the file has ${fileBytes} bytes`);
    next = alignUp(next + entry.sizeBytes, alignment);
    tensors.set(entry.name, { ...entry, offsetBytes: dataStart + entry.offsetBytes });
  }
  if (fileBytes > dataStart + next)
    throw ggufError(`offset ${dataStart + next}`, `${fileBytes - dataStart - next} bytes follow the last tensor`);
  return tensors;
}
