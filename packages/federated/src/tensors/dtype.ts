/** Bytes of one element for each element type that safetensors files may hold. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

/** Element type of a tensor, by its name in the safetensors format. */
export type Dtype = keyof typeof DTYPE_BYTES;

/** Element types that can be averaged: they convert to float32 and back. */
export const FLOAT_DTYPES = ["F32", "F16", "BF16", "F64"] as const;

/** One of {@link FLOAT_DTYPES}. */
export type FloatDtype = (typeof FLOAT_DTYPES)[number];

/** True when `name` is an element type of the format. */
export function isDtype(name: unknown): name is Dtype {
  return typeof name === "string" && Object.hasOwn(DTYPE_BYTES, name);
}

/** True when tensors of this type can be read as float32. */
export function isFloatDtype(dtype: Dtype): dtype is FloatDtype {
  return (FLOAT_DTYPES as readonly string[]).includes(dtype);
}
