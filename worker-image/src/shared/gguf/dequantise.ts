import { ggufError } from "./byte-cursor.ts";

/** A storage format of GGUF tensors: values come in blocks of `valuesPerBlock` that fill `blockBytes`. */
export type TensorFormat = {
  /** Name as in ggml, for example `Q4_1`. */
  readonly name: string;
  /** Values in one block. */
  readonly valuesPerBlock: number;
  /** Bytes of one block. */
  readonly blockBytes: number;
  /** Decodes the block at `offset` into `out` from `at` on. */
  readonly decode: (bytes: DataView, offset: number, out: Float32Array, at: number) => void;
};

const halfToFloat = new Float32Array(65_536);
for (let bits = 0; bits < 65_536; bits++) halfToFloat[bits] = decodeHalf(bits);

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits, 10 fraction bits. */
function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Half-precision number at `offset`. */
function half(bytes: DataView, offset: number): number {
  return halfToFloat[bytes.getUint16(offset, true)]!;
}

const blockValues = 32;

/** 4-bit blocks: value i is the low nibble of byte i, value i + 16 its high nibble; `scale` x nibble + `shift`. */
function decodeNibbles(bytes: DataView, offset: number, scale: number, shift: number, out: Float32Array, at: number) {
  for (let index = 0; index < 16; index++) {
    const packed = bytes.getUint8(offset + index);
    out[at + index] = scale * (packed & 15) + shift;
    out[at + index + 16] = scale * (packed >> 4) + shift;
  }
}

/** Formats by their number in ggml (`ggml_type`). */
const formats: Readonly<Record<number, TensorFormat>> = {
  0: {
    name: "F32",
    valuesPerBlock: 1,
    blockBytes: 4,
    decode: (bytes, offset, out, at) => {
      out[at] = bytes.getFloat32(offset, true);
    },
  },
  1: {
    name: "F16",
    valuesPerBlock: 1,
    blockBytes: 2,
    decode: (bytes, offset, out, at) => {
      out[at] = half(bytes, offset);
    },
  },
  2: {
    name: "Q4_0",
    valuesPerBlock: blockValues,
    blockBytes: 18,
    decode: (bytes, offset, out, at) => {
      const scale = half(bytes, offset);
      decodeNibbles(bytes, offset + 2, scale, -8 * scale, out, at);
    },
  },
  3: {
    name: "Q4_1",
    valuesPerBlock: blockValues,
    blockBytes: 20,
    decode: (bytes, offset, out, at) =>
      decodeNibbles(bytes, offset + 4, half(bytes, offset), half(bytes, offset + 2), out, at),
  },
  8: {
    name: "Q8_0",
    valuesPerBlock: blockValues,
    blockBytes: 34,
    decode: (bytes, offset, out, at) => {
      const scale = half(bytes, offset);
      for (let index = 0; index < blockValues; index++) out[at + index] = scale * bytes.getInt8(offset + 2 + index);
    },
  },
  30: {
    name: "BF16",
    valuesPerBlock: 1,
    blockBytes: 2,
    decode: (bytes, offset, out, at) => {
      bits32[0] = bytes.getUint16(offset, true) << 16;
      out[at] = float32[0]!;
    },
  },
};

const bits32 = new Uint32Array(1);
const float32 = new Float32Array(bits32.buffer);

/**
 * The format of a tensor by its ggml number.
 * @throws TributaryError that names the tensor and the formats that can be read
 */
export function formatOf(type: number, tensor: string): TensorFormat {
  const format = formats[type];
  if (format !== undefined) return format;
  const known = Object.values(formats).map(({ name }) => name);
  throw ggufError(`tensor ${tensor}`, `has the storage type ${type}, expected one of ${known.join(", ")}`);
}

/** Decodes whole blocks to 32-bit floats. */
export function dequantise(format: TensorFormat, bytes: Uint8Array): Float32Array {
  const blocks = bytes.byteLength / format.blockBytes;
  const out = new Float32Array(blocks * format.valuesPerBlock);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let block = 0; block < blocks; block++) {
    format.decode(view, block * format.blockBytes, out, block * format.valuesPerBlock);
  }
  return out;
}
