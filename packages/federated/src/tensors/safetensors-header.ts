import { ArgumentError, requireArgument } from "../errors.ts";
import { DTYPE_BYTES, isDtype } from "./dtype.ts";
import { JsonNumber, parseStrictJson, type StrictJson } from "./strict-json.ts";
import type { TensorInfo } from "./tensor-view.ts";

/** Bytes before the header: its length as an unsigned 64-bit little-endian integer. */
export const PREFIX_BYTES = 8;

/** Longest header that is read, as in the reference implementation of the format. */
export const MAX_HEADER_BYTES = 100_000_000;

const MAX_DIMENSIONS = 32;

const METADATA = "__metadata__";
const TENSOR_MEMBERS: readonly string[] = ["dtype", "shape", "data_offsets"];
const WHOLE = /^(?:0|[1-9]\d*)$/;

type JsonObject = ReadonlyMap<string, StrictJson>;

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
 * What the reference implementation refuses is refused, and so is what it would pass over: members that nobody knows, names
 * that appear twice.
 *
 * @param json the header's bytes, without the prefix.
 * @param dataSizeBytes bytes of the file after the header.
 * @throws ArgumentError naming the tensor and what is wrong with it.
 */
export function parseHeader(json: Uint8Array, dataSizeBytes: number): SafetensorsHeader {
  const header = parseObject(json);
  const tensors = [...header]
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => parseTensor(name, entry))
    .sort((a, b) => a.startBytes - b.startBytes || a.endBytes - b.endBytes);
  let end = 0;
  for (const { name, startBytes, endBytes } of tensors) {
    requireArgument(startBytes === end, `${name}.data_offsets`, startBytes, `${end}: no hole and no overlap`);
    end = endBytes;
  }
  requireArgument(end === dataSizeBytes, "data", dataSizeBytes, `${end} bytes, where the last tensor ends`);
  return { tensors, metadata: parseMetadata(header.get(METADATA)) };
}

function parseObject(json: Uint8Array): JsonObject {
  const text = decodeHeader(json);
  requireArgument(text.startsWith("{"), "header", text, "a JSON object");
  return parseStrictJson(text, "header") as JsonObject;
}

/** A byte order mark stays in the text, and is refused there. */
function decodeHeader(json: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json);
  } catch {
    throw new ArgumentError("header", json, "UTF-8");
  }
}

function parseTensor(name: string, entry: StrictJson): TensorInfo {
  requireArgument(entry instanceof Map, name, entry, "an object");
  for (const member of entry.keys()) {
    requireArgument(TENSOR_MEMBERS.includes(member), name, member, `an object of ${TENSOR_MEMBERS.join(", ")} alone`);
  }
  const dtype = entry.get("dtype");
  const shape = sizesOf(entry.get("shape"), MAX_DIMENSIONS);
  const offsets = sizesOf(entry.get("data_offsets"), 2);
  requireArgument(isDtype(dtype), `${name}.dtype`, dtype, `one of ${Object.keys(DTYPE_BYTES).join(", ")}`);
  requireArgument(shape !== undefined, `${name}.shape`, entry.get("shape"), "a list of at most 32 sizes");
  requireArgument(offsets?.length === 2, `${name}.data_offsets`, entry.get("data_offsets"), "two byte offsets");
  const [startBytes, endBytes] = offsets as [number, number];
  const elements = elementsOf(name, shape);
  const sizeBytes = elements * DTYPE_BYTES[dtype];
  const bound = `${sizeBytes} bytes for ${dtype} of ${elements} elements`;
  requireArgument(endBytes - startBytes === sizeBytes, `${name}.data_offsets`, endBytes - startBytes, bound);
  return { name, dtype, shape, elements, startBytes, endBytes };
}

/**
 * Elements of a shape: the product of its sizes, 1 for a scalar; ArgumentError when it, or the product of its first sizes, is above
 * 2^50: a size of zero that follows hides no overflow.
 */
export function elementsOf(name: string, shape: readonly number[]): number {
  return shape.reduce((product, size) => {
    const elements = product * size;
    requireArgument(elements <= 2 ** 50, `${name}.shape`, elements, "at most 2^50 elements");
    return elements;
  }, 1);
}

function sizesOf(list: StrictJson | undefined, most: number): number[] | undefined {
  if (!Array.isArray(list) || list.length > most) return undefined;
  const sizes = list.map((size: StrictJson) =>
    size instanceof JsonNumber && WHOLE.test(size.text) ? Number(size.text) : -1,
  );
  return sizes.every((size) => Number.isSafeInteger(size) && size >= 0) ? sizes : undefined;
}

function parseMetadata(metadata: StrictJson | undefined): Record<string, string> {
  if (metadata === undefined) return {};
  requireArgument(metadata instanceof Map, METADATA, metadata, "an object of texts");
  for (const [key, value] of metadata)
    requireArgument(typeof value === "string", `${METADATA}.${key}`, value, "a text");
  return Object.fromEntries(metadata) as Record<string, string>;
}
