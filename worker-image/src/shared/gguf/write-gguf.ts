/** A tensor to be written as 32-bit floats, shape row-major. */
export type PlainTensor = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
};

/** Metadata to be written: strings, arrays of strings, whole numbers as uint32, other numbers as float32. */
export type PlainMetadata = Readonly<Record<string, string | number | readonly string[]>>;

const alignmentBytes = 32;
const valueTypes = { uint32: 4, float32: 6, string: 8, array: 9 } as const;

/** Makes the bytes of a small GGUF version 3 file with F32 tensors: models at toy size for tests and trials. */
export function ggufBytes(metadata: PlainMetadata, tensors: readonly PlainTensor[]): Buffer {
  const pairs = Object.entries(metadata);
  const parts = [Buffer.from("GGUF"), uint32(3), uint64(tensors.length), uint64(pairs.length)];
  for (const [key, value] of pairs) parts.push(text(key), ...encodeValue(value));
  let offset = 0;
  for (const { name, shape } of tensors) {
    parts.push(text(name), uint32(shape.length), ...shape.toReversed().map(uint64), uint32(0), uint64(offset));
    offset += aligned(4 * shape.reduce((product, length) => product * length, 1));
  }
  const header = pad(Buffer.concat(parts));
  const data = tensors.map(({ values }) => pad(Buffer.from(values.buffer, values.byteOffset, values.byteLength)));
  return Buffer.concat([header, ...data]);
}

function encodeValue(value: string | number | readonly string[]): Buffer[] {
  if (typeof value === "string") return [uint32(valueTypes.string), text(value)];
  if (typeof value !== "number") {
    return [uint32(valueTypes.array), uint32(valueTypes.string), uint64(value.length), ...value.map(text)];
  }
  if (Number.isInteger(value)) return [uint32(valueTypes.uint32), uint32(value)];
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return [uint32(valueTypes.float32), bytes];
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function aligned(sizeBytes: number): number {
  return Math.ceil(sizeBytes / alignmentBytes) * alignmentBytes;
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)]);
}
