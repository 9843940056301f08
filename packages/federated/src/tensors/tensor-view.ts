import { requireArgument, requireInteger } from "../errors.ts";
import { DTYPE_BYTES, type Dtype, type FloatDtype, isFloatDtype } from "./dtype.ts";
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "./half-floats.ts";

/** Where a tensor lies in the data of a safetensors file. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Elements: the product of the shape, 1 for a scalar. */
  readonly elements: number;
  /** First byte, counted from the start of the data (after the header). */
  readonly startBytes: number;
  /** Byte after the last one. */
  readonly endBytes: number;
}

/** A tensor and its little-endian bytes, a view of memory that someone else owns. */
export interface TensorView extends TensorInfo {
  readonly bytes: Uint8Array;
}

/** A float32 view of the tensor's own bytes, without a copy; undefined when it is no F32 or not aligned to four bytes. */
export function float32View(tensor: TensorView): Float32Array | undefined {
  const { bytes } = tensor;
  if (tensor.dtype !== "F32" || bytes.byteOffset % 4 !== 0) return undefined;
  return new Float32Array(bytes.buffer, bytes.byteOffset, tensor.elements);
}

/**
 * Reads `out.length` elements from element `start` of float bytes, converted to float32 (F64 is rounded to nearest).
 *
 * @param bytes little-endian elements of `dtype`, at any alignment.
 * @throws ArgumentError when the range leaves the bytes or the type is not a float.
 */
export function readFloats(bytes: Uint8Array, dtype: Dtype, start: number, out: Float32Array): Float32Array {
  const view = floatRange(bytes, dtype, start, out.length);
  const read = FLOAT_READERS[dtype as FloatDtype];
  for (let i = 0; i < out.length; i++) out[i] = read(view, i);
  return out;
}

/**
 * Writes float32 values as elements of `dtype` from element `start` on, rounded to nearest, ties to even.
 *
 * @throws ArgumentError when the range leaves the bytes or the type is not a float.
 */
export function writeFloats(values: Float32Array, dtype: Dtype, start: number, bytes: Uint8Array): void {
  const view = floatRange(bytes, dtype, start, values.length);
  const write = FLOAT_WRITERS[dtype as FloatDtype];
  for (let i = 0; i < values.length; i++) write(view, i, values[i]!);
}

function floatRange(bytes: Uint8Array, dtype: Dtype, start: number, count: number): DataView {
  requireArgument(isFloatDtype(dtype), "dtype", dtype, "F32, F16, BF16 or F64");
  const width = DTYPE_BYTES[dtype];
  const elements = Math.floor(bytes.length / width);
  requireInteger("start", start, 0, Math.max(0, elements - count));
  requireArgument(count <= elements, "count", count, `at most ${elements} elements`);
  return new DataView(bytes.buffer, bytes.byteOffset + start * width, count * width);
}

const FLOAT_READERS: Record<FloatDtype, (view: DataView, index: number) => number> = {
  F32: (view, index) => view.getFloat32(4 * index, true),
  F64: (view, index) => view.getFloat64(8 * index, true),
  F16: (view, index) => float16ToFloat32(view.getUint16(2 * index, true)),
  BF16: (view, index) => bfloat16ToFloat32(view.getUint16(2 * index, true)),
};

const FLOAT_WRITERS: Record<FloatDtype, (view: DataView, index: number, value: number) => void> = {
  F32: (view, index, value) => view.setFloat32(4 * index, value, true),
  F64: (view, index, value) => view.setFloat64(8 * index, value, true),
  F16: (view, index, value) => view.setUint16(2 * index, float32ToFloat16(value), true),
  BF16: (view, index, value) => view.setUint16(2 * index, float32ToBfloat16(value), true),
};
