import { type ByteCursor, ggufError } from "./byte-cursor.ts";

/** A metadata value: numbers up to 32 bits and doubles as numbers, 64-bit integers as bigint. */
export type MetadataValue = number | bigint | boolean | string | readonly MetadataValue[];

/** Metadata of a model by key, for example `llama.block_count`. */
export type Metadata = ReadonlyMap<string, MetadataValue>;

const arrayType = 9;

type Scalar = { readonly sizeBytes: number; readonly read: (bytes: Buffer) => MetadataValue };

/** Value types by their number in the GGUF specification (`gguf_metadata_value_type`), without string (8) and array (9). */
const scalars: Readonly<Record<number, Scalar>> = {
  0: { sizeBytes: 1, read: (bytes) => bytes.readUInt8() },
  1: { sizeBytes: 1, read: (bytes) => bytes.readInt8() },
  2: { sizeBytes: 2, read: (bytes) => bytes.readUInt16LE() },
  3: { sizeBytes: 2, read: (bytes) => bytes.readInt16LE() },
  4: { sizeBytes: 4, read: (bytes) => bytes.readUInt32LE() },
  5: { sizeBytes: 4, read: (bytes) => bytes.readInt32LE() },
  6: { sizeBytes: 4, read: (bytes) => bytes.readFloatLE() },
  7: { sizeBytes: 1, read: (bytes) => bytes.readUInt8() !== 0 },
  10: { sizeBytes: 8, read: (bytes) => bytes.readBigUInt64LE() },
  11: { sizeBytes: 8, read: (bytes) => bytes.readBigInt64LE() },
  12: { sizeBytes: 8, read: (bytes) => bytes.readDoubleLE() },
};

const stringType = 8;
const stringLengthBytes = 8;

/** Reads one value of a type given by number. Arrays do not nest, as in every file seen; a nested one is refused. */
export function readMetadataValue(cursor: ByteCursor, type: number, key: string): MetadataValue {
  if (type !== arrayType) return readSingle(cursor, type, key);
  const elementType = cursor.uint32(`element type of ${key}`);
  const length = cursor.count(`length of ${key}`);
  const leastBytes = elementType === stringType ? stringLengthBytes : scalarOf(cursor, elementType, key).sizeBytes;
  if (length * leastBytes > cursor.remainingBytes) {
    throw ggufError(`offset ${cursor.offset}`, `${key} has ${length} elements, more than the file can hold`);
  }
  const values: MetadataValue[] = [];
  for (let index = 0; index < length; index++) values.push(readSingle(cursor, elementType, key));
  return values;
}

function readSingle(cursor: ByteCursor, type: number, key: string): MetadataValue {
  if (type === stringType) return cursor.text(key);
  const scalar = scalarOf(cursor, type, key);
  return scalar.read(cursor.take(scalar.sizeBytes, key));
}

function scalarOf(cursor: ByteCursor, type: number, key: string): Scalar {
  const scalar = scalars[type];
  if (scalar === undefined) throw ggufError(`offset ${cursor.offset}`, `${key} has the unknown value type ${type}`);
  return scalar;
}

/** Reads a metadata number. @throws TributaryError when it is absent or no number */
export function numberOf(metadata: Metadata, key: string): number {
  const value = metadata.get(key);
  if (typeof value === "bigint") return Number(value);
  if (typeof value !== "number") throw ggufError(`metadata ${key}`, `is ${describe(value)}, expected a number`);
  return value;
}

/** Reads a metadata string. @throws TributaryError when it is absent or no string */
export function textOf(metadata: Metadata, key: string): string {
  const value = metadata.get(key);
  if (typeof value !== "string") throw ggufError(`metadata ${key}`, `is ${describe(value)}, expected a string`);
  return value;
}

/** Reads a metadata array of strings. @throws TributaryError when it is absent or holds something else */
export function textsOf(metadata: Metadata, key: string): readonly string[] {
  const value = metadata.get(key);
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw ggufError(`metadata ${key}`, `is ${describe(value)}, expected an array of strings`);
  }
  return value as readonly string[];
}

function describe(value: MetadataValue | undefined): string {
  return value === undefined ? "absent" : Array.isArray(value) ? `an array of ${value.length}` : typeof value;
}
