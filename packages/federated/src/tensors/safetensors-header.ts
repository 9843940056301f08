import { ArgumentError, requireArgument } from "../errors.ts";
import { DTYPE_BYTES, isDtype } from "./dtype.ts";
import type { TensorInfo } from "./tensor-view.ts";

/** Bytes before the header: its length as an unsigned 64-bit little-endian integer. */
export const PREFIX_BYTES = 8;

/** Longest header that is read, as in the reference implementation of the format. */
export const MAX_HEADER_BYTES = 100_000_000;

const MAX_DIMENSIONS = 32;

/** What the header of a safetensors file says, checked. */
export interface SafetensorsHeader {
  /** Tensors in the order of their bytes. */
  readonly tensors: readonly TensorInfo[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Length in bytes of the header that follows the first eight bytes of a file.
 *
 * @param prefix at least the first eight bytes.
 * @throws ArgumentError when the file is shorter than its header says or the header is longer than 100 MB.
 */
export function readHeaderSize(prefix: Uint8Array, fileSizeBytes: number): number {
  requireArgument(prefix.length >= PREFIX_BYTES, "prefix", prefix, "at least 8 bytes");
  const size = new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true);
  const most = Math.min(MAX_HEADER_BYTES, fileSizeBytes - PREFIX_BYTES);
  requireArgument(size >= 2n && size <= BigInt(Math.max(0, most)), "headerSize", size, `from 2 to ${most} bytes`);
  return Number(size);
}

/**
 * Reads and checks a header: known types, sizes that match their shapes, ranges that cover the data without holes or overlap.
 *
 * @param json the header's bytes, without the prefix.
 * @param dataSizeBytes bytes of the file after the header.
 * @throws ArgumentError naming the tensor and what is wrong with it.
 */
export function parseHeader(json: Uint8Array, dataSizeBytes: number): SafetensorsHeader {
  const header = parseObject(json);
  const tensors = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, entry]) => parseTensor(name, entry))
    .sort((a, b) => a.startBytes - b.startBytes || a.endBytes - b.endBytes);
  let end = 0;
  for (const { name, startBytes, endBytes } of tensors) {
    requireArgument(startBytes === end, `${name}.data_offsets`, startBytes, `${end}: no hole and no overlap`);
    end = endBytes;
  }
  requireArgument(end === dataSizeBytes, "data", dataSizeBytes, `${end} bytes, where the last tensor ends`);
  return { tensors, metadata: parseMetadata(header.__metadata__) };
}

function parseObject(json: Uint8Array): Record<string, unknown> {
  const text = new TextDecoder("utf-8").decode(json);
  requireArgument(text.startsWith("{"), "header", text, "a JSON object");
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw new ArgumentError("header", text, "a JSON object");
  }
}

function parseTensor(name: string, entry: unknown): TensorInfo {
  requireArgument(typeof entry === "object" && entry !== null, name, entry, "an object");
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  requireArgument(isDtype(dtype), `${name}.dtype`, dtype, `one of ${Object.keys(DTYPE_BYTES).join(", ")}`);
  requireArgument(isSizes(shape, MAX_DIMENSIONS), `${name}.shape`, shape, "a list of at most 32 sizes");
  requireArgument(isSizes(offsets, 2) && offsets.length === 2, `${name}.data_offsets`, offsets, "two byte offsets");
  const [startBytes, endBytes] = offsets as [number, number];
  const elements = elementsOf(name, shape);
  const sizeBytes = elements * DTYPE_BYTES[dtype];
  const bound = `${sizeBytes} bytes for ${dtype} of ${elements} elements`;
  requireArgument(endBytes - startBytes === sizeBytes, `${name}.data_offsets`, endBytes - startBytes, bound);
  return { name, dtype, shape, elements, startBytes, endBytes };
}

/** Elements of a shape: the product of its sizes, 1 for a scalar; ArgumentError when it is not a safe integer. */
export function elementsOf(name: string, shape: readonly number[]): number {
  const elements = shape.reduce((product, size) => product * size, 1);
  requireArgument(elements <= 2 ** 50, `${name}.shape`, elements, "at most 2^50 elements");
  return elements;
}

function isSizes(list: unknown, most: number): list is number[] {
  return Array.isArray(list) && list.length <= most && list.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function parseMetadata(metadata: unknown): Record<string, string> {
  if (metadata === undefined) return {};
  requireArgument(typeof metadata === "object" && metadata !== null, "__metadata__", metadata, "an object of texts");
  for (const [key, value] of Object.entries(metadata)) {
    requireArgument(typeof value === "string", `__metadata__.${key}`, value, "a text");
  }
  return metadata as Record<string, string>;
}
