import { requireArgument, requireInteger } from "../errors.ts";
import { isFloatDtype } from "./dtype.ts";
import { readFloats, type TensorInfo, writeFloats } from "./tensor-view.ts";

/** A tensor's place in the flat vector of a model. */
export interface FlatTensor extends TensorInfo {
  /** First parameter of the tensor in the flat vector. */
  readonly offset: number;
}

/** How named tensors make one flat float32 vector: by name in code unit order, each in row-major order, end to end. */
export interface FlatLayout {
  readonly parameters: number;
  readonly tensors: readonly FlatTensor[];
}

/** A run of the flat vector that lies in one tensor. */
export interface FlatSpan {
  readonly tensor: FlatTensor;
  /** First element within the tensor. */
  readonly start: number;
  readonly count: number;
}

/**
 * Maps a model's tensors to one flat vector. Parties that hold the same names and shapes get the same map.
 *
 * @throws ArgumentError when a tensor is not of a float type (leave counters and tables out before) or a name repeats.
 */
export function flatLayout(tensors: readonly TensorInfo[]): FlatLayout {
  let parameters = 0;
  let last: string | undefined;
  const placed = [...tensors]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((tensor) => {
      requireArgument(isFloatDtype(tensor.dtype), `${tensor.name}.dtype`, tensor.dtype, "F32, F16, BF16 or F64");
      requireArgument(tensor.name !== last, "name", tensor.name, "a name that appears once");
      last = tensor.name;
      const offset = parameters;
      parameters += tensor.elements;
      return { ...tensor, offset };
    });
  return { parameters, tensors: placed };
}

/**
 * The runs that make up `count` parameters from `offset` on, in order; for reading a range straight from a file.
 *
 * @throws ArgumentError when the range leaves the vector.
 */
export function flatSpans(layout: FlatLayout, offset: number, count: number): FlatSpan[] {
  requireInteger("offset", offset, 0, layout.parameters);
  requireInteger("count", count, 0, layout.parameters - offset);
  const spans: FlatSpan[] = [];
  for (let i = firstAt(layout.tensors, offset); i < layout.tensors.length; i++) {
    const tensor = layout.tensors[i]!;
    if (tensor.offset >= offset + count) break;
    const start = Math.max(0, offset - tensor.offset);
    const end = Math.min(tensor.elements, offset + count - tensor.offset);
    // An empty tensor has its place among the others and no run of the vector.
    if (end > start) spans.push({ tensor, start, count: end - start });
  }
  return spans;
}

/**
 * Reads `out.length` parameters of the flat vector from `offset` on, converted to float32.
 *
 * @param data the file's bytes after its header.
 * @throws ArgumentError when the range leaves the vector or the data.
 */
export function readFlat(layout: FlatLayout, data: Uint8Array, offset: number, out: Float32Array): Float32Array {
  let done = 0;
  for (const { tensor, start, count } of flatSpans(layout, offset, out.length)) {
    const bytes = data.subarray(tensor.startBytes, tensor.endBytes);
    readFloats(bytes, tensor.dtype, start, out.subarray(done, done + count));
    done += count;
  }
  return out;
}

/** Writes `values` as the flat vector's parameters from `offset` on, in each tensor's own type; errors as {@link readFlat}. */
export function writeFlat(layout: FlatLayout, data: Uint8Array, offset: number, values: Float32Array): void {
  let done = 0;
  for (const { tensor, start, count } of flatSpans(layout, offset, values.length)) {
    const bytes = data.subarray(tensor.startBytes, tensor.endBytes);
    writeFloats(values.subarray(done, done + count), tensor.dtype, start, bytes);
    done += count;
  }
}

/** Index of the tensor that holds parameter `offset`: binary search for the last tensor that starts at or before it. */
function firstAt(tensors: readonly FlatTensor[], offset: number): number {
  let low = 0;
  let high = tensors.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tensors[middle]!.offset <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
