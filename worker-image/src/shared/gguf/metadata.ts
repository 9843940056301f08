import { type ByteCursor, ggufError } from "./byte-cursor.ts";

type ScalarValue = number | bigint | boolean;

/** A metadata value: numbers up to 32 bits and doubles as numbers, 64-bit integers as bigint. */
export type MetadataValue = ScalarValue | string | readonly string[] | ScalarList;

/** Metadata of a model by key, for example `llama.block_count`. */
export type Metadata = ReadonlyMap<string, MetadataValue>;

const arrayType = 9;
/** Number of the value type `uint32`. */
export const uint32Type = 4;

type Scalar = { readonly sizeBytes: number; readonly read: (bytes: Buffer) => number | bigint };

/** An array of numbers or truth values, in the bytes of the file: as values it would take eight times the memory of its file. */
export class ScalarList {
  readonly #bytes: Buffer;
  readonly #scalar: Scalar;
  readonly #isBool: boolean;
  /** How many there are. */
  readonly length: number;

  constructor(bytes: Buffer, type: number, scalar: Scalar) {
    this.#bytes = bytes;
    this.#scalar = scalar;
    this.#isBool = type === boolType;
    this.length = bytes.length / scalar.sizeBytes;
  }

  /** The value at `index`, which must be below the length. */
  at(index: number): ScalarValue {
    const { sizeBytes, read } = this.#scalar;
    const value = read(this.#bytes.subarray(index * sizeBytes, (index + 1) * sizeBytes));
    return this.#isBool ? value === 1 : value;
  }

  toString(): string {
    return `an array of ${this.length}`;
  }
}

/** Value types by their number in the GGUF specification (`gguf_metadata_value_type`), without string (8) and array (9). */
const scalars: Readonly<Record<number, Scalar>> = {
  0: { sizeBytes: 1, read: (bytes) => bytes.readUInt8() },
  1: { sizeBytes: 1, read: (bytes) => bytes.readInt8() },
  2: { sizeBytes: 2, read: (bytes) => bytes.readUInt16LE() },
  3: { sizeBytes: 2, read: (bytes) => bytes.readInt16LE() },
  4: { sizeBytes: 4, read: (bytes) => bytes.readUInt32LE() },
  5: { sizeBytes: 4, read: (bytes) => bytes.readInt32LE() },
  6: { sizeBytes: 4, read: (bytes) => bytes.readFloatLE() },
  7: { sizeBytes: 1, read: (bytes) => bytes.readUInt8() },
  10: { sizeBytes: 8, read: (bytes) => bytes.readBigUInt64LE() },
  11: { sizeBytes: 8, read: (bytes) => bytes.readBigInt64LE() },
  12: { sizeBytes: 8, read: (bytes) => bytes.readDoubleLE() },
};

const boolType = 7;
const stringType = 8;
const stringLengthBytes = 8;

/** Reads one value of a type given by number. Arrays do not nest, as in every file seen; a nested one is refused. */
export function readMetadataValue(cursor: ByteCursor, type: number, key: string): MetadataValue {
  if (type !== arrayType) return readSingle(cursor, type, key);
  const elementType = cursor.uint32(`element type of ${key}`);
  const length = cursor.count(`length of ${key}`);
  const scalar = elementType === stringType ? undefined : scalarOf(cursor, elementType, key);
  const leastBytes = scalar?.sizeBytes ?? stringLengthBytes;
  if (length * leastBytes > cursor.remainingBytes) {
    throw ggufError(`offset ${cursor.offset}`, `${key} has ${length} elements, more than the file can hold`);
  }
  if (scalar !== undefined) return readScalars(cursor.take(length * leastBytes, key), elementType, key, scalar);
  const values: string[] = [];
  for (let index = 0; index < length; index++) values.push(cursor.text(key));
  return values;
}

function readScalars(bytes: Buffer, type: number, key: string, scalar: Scalar): ScalarList {
  if (type === boolType) for (const value of bytes) requireBool(value, key);
  return new ScalarList(bytes, type, scalar);
}

function readSingle(cursor: ByteCursor, type: number, key: string): MetadataValue {
  if (type === stringType) return cursor.text(key);
  const scalar = scalarOf(cursor, type, key);
  const value = scalar.read(cursor.take(scalar.sizeBytes, key));
  if (type !== boolType) return value;
  requireBool(value, key);
  return value === 1;
}

function requireBool(value: number | bigint, key: string): void {
  if (value !== 0 && value !== 1) throw ggufError(`metadata ${key}`, `is the truth value ${value}, expected 0 or 1`);
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

/** Reads a whole number from 1 up, `absent` when the key is not there. @throws TributaryError when it is anything else */
export function countOf(metadata: Metadata, key: string, absent?: number): number {
  if (absent !== undefined && !metadata.has(key)) return absent;
  const value = numberOf(metadata, key);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw ggufError(`metadata ${key}`, `is ${value}, expected a whole number from 1 up`);
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
  if (Array.isArray(value)) return value as readonly string[];
  throw ggufError(`metadata ${key}`, `is ${describe(value)}, expected an array of strings`);
}

function describe(value: MetadataValue | undefined): string {
  if (value === undefined) return "absent";
  if (value instanceof ScalarList) return `${value} numbers`;
  return Array.isArray(value) ? `an array of ${value.length}` : typeof value;
}
