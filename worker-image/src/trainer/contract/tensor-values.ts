import { type TensorDtype, tensorDtypes } from "../../shared/trainer/tensor-dtypes.ts";

/** Values of one tensor: F32, F16, I32, U32 or U8, by their class. */
export type TensorValues =
  | Float32Array<ArrayBufferLike>
  | Float16Array<ArrayBufferLike>
  | Int32Array<ArrayBufferLike>
  | Uint32Array<ArrayBufferLike>
  | Uint8Array<ArrayBufferLike>;

const classes = {
  F32: Float32Array,
  F16: Float16Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const satisfies Record<TensorDtype, unknown>;

/** The type of a tensor with these values. */
export function dtypeOf(values: TensorValues): TensorDtype {
  return tensorDtypes.find((dtype) => values instanceof classes[dtype])!;
}

/** Little-endian bytes of a tensor as its values: a view, or a copy where the bytes begin at a place that the class cannot view. */
export function valuesOf(dtype: TensorDtype, bytes: Uint8Array): TensorValues {
  const { BYTES_PER_ELEMENT } = classes[dtype];
  const aligned = bytes.byteOffset % BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  return new classes[dtype](aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / BYTES_PER_ELEMENT);
}
