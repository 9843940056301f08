import { requireArgument } from "../errors.ts";
import { DTYPE_BYTES, type Dtype } from "./dtype.ts";
import { elementsOf, PREFIX_BYTES, parseHeader, readHeaderSize } from "./safetensors-header.ts";
import type { TensorInfo, TensorView } from "./tensor-view.ts";

/** A safetensors file in memory: its tensors as views of its bytes. */
export interface Safetensors {
  readonly tensors: readonly TensorView[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Name, type and shape of a tensor to be written. */
export type TensorSpec = Pick<TensorInfo, "name" | "dtype" | "shape">;

/** Everything about a file but its data: whoever writes it streams each tensor to its place. */
export interface SafetensorsLayout {
  /** Prefix and header, to be written first; a multiple of eight bytes, so that the data is aligned. */
  readonly header: Uint8Array;
  /** Tensors in the order of their bytes; offsets count from the end of the header. */
  readonly tensors: readonly TensorInfo[];
  /** Size of the whole file. */
  readonly sizeBytes: number;
}

/**
 * Opens a safetensors file that is in memory (or mapped). Nothing is copied: each tensor's bytes are a view of `file`.
 *
 * @throws ArgumentError naming the header, tensor or metadata that is malformed, overlapping or out of range.
 */
export function openSafetensors(file: Uint8Array): Safetensors {
  const headerBytes = readHeaderSize(file, file.length);
  const data = file.subarray(PREFIX_BYTES + headerBytes);
  const { tensors, metadata } = parseHeader(file.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes), data.length);
  return {
    tensors: tensors.map((info) => ({ ...info, bytes: data.subarray(info.startBytes, info.endBytes) })),
    metadata,
  };
}

/**
 * Lays out a safetensors file: widest types first, then by name, so that every tensor is aligned to its elements.
 *
 * The same tensors and metadata give the same bytes, in whatever order they are listed.
 *
 * @throws ArgumentError on a repeated or reserved name or a shape with too many elements.
 */
export function layoutSafetensors(
  specs: readonly TensorSpec[],
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout {
  const seen = new Set(["__metadata__"]);
  const entries: [string, unknown][] = [];
  const tensors: TensorInfo[] = [];
  let startBytes = 0;
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) entries.push(["__metadata__", Object.fromEntries(keys.map((key) => [key, metadata[key]]))]);
  for (const { name, dtype, shape } of [...specs].sort(byWidthThenName)) {
    requireArgument(!seen.has(name), "name", name, "a name that appears once and is not reserved");
    seen.add(name);
    const elements = elementsOf(name, shape);
    const endBytes = startBytes + elements * DTYPE_BYTES[dtype as Dtype];
    tensors.push({ name, dtype, shape, elements, startBytes, endBytes });
    entries.push([name, { dtype, shape, data_offsets: [startBytes, endBytes] }]);
    startBytes = endBytes;
  }
  const header = encodeHeader(entries);
  return { header, tensors, sizeBytes: header.length + startBytes };
}

/** Lays out a model as every model of a job is: its tensors in F32; errors as {@link layoutSafetensors}. */
export function layoutModel(tensors: readonly Pick<TensorSpec, "name" | "shape">[]): SafetensorsLayout {
  return layoutSafetensors(tensors.map(({ name, shape }) => ({ name, shape, dtype: "F32" })));
}

/** The parts of a safetensors file in order: header, then each tensor's own bytes, uncopied; ArgumentError on wrong lengths. */
export function safetensorsParts(
  tensors: readonly (TensorSpec & { readonly bytes: Uint8Array })[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array[] {
  const layout = layoutSafetensors(tensors, metadata);
  const byName = new Map(tensors.map(({ name, bytes }) => [name, bytes]));
  const data = layout.tensors.map(({ name, startBytes, endBytes }) => {
    const bytes = byName.get(name)!;
    requireArgument(bytes.length === endBytes - startBytes, `${name}.bytes`, bytes, `${endBytes - startBytes} bytes`);
    return bytes;
  });
  return [layout.header, ...data];
}

function byWidthThenName(a: TensorSpec, b: TensorSpec): number {
  return DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || (a.name < b.name ? -1 : 1);
}

/** Written by hand entry by entry: an object would move names that look like integers to the front. */
function encodeHeader(entries: readonly [string, unknown][]): Uint8Array {
  const json = `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(",")}}`;
  const text = new TextEncoder().encode(json);
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const header = new Uint8Array(PREFIX_BYTES + headerBytes).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerBytes), true);
  header.set(text, PREFIX_BYTES);
  return header;
}
