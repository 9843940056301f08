import { requireArgument, requireInteger } from "../errors.ts";

const encoder = new TextEncoder();
// A byte order mark is text like any other: swallowed, two encodings would mean one message.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** ASCII or UTF-8 bytes of `text`. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The parts, one after the other, in a new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** True when both hold the same bytes. For public values: it stops at the first difference. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Lower-case hexadecimal text of `bytes`, a usable map key. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The bytes of hexadecimal text; throws ArgumentError unless `text` is pairs of hexadecimal digits. */
export function fromHex(text: string): Uint8Array {
  requireArgument(/^([0-9a-f]{2})*$/i.test(text), "text", text, "pairs of hexadecimal digits");
  return Uint8Array.from({ length: text.length / 2 }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  );
}

/** `value` as 4 bytes, big-endian; ArgumentError for what is no unsigned 32-bit integer. */
export function u32Bytes(value: number): Uint8Array {
  requireInteger("value", value, 0, 0xffff_ffff);
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** Writes the canonical layout of messages and states: big-endian integers, counted lists, no padding; refuses values too large for a field. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** Appends one byte. */
  u8(value: number): this {
    requireInteger("u8", value, 0, 0xff);
    return this.#integer(value, 1);
  }

  /** Appends a 16-bit unsigned integer. */
  u16(value: number): this {
    requireInteger("u16", value, 0, 0xffff);
    return this.#integer(value, 2);
  }

  /** Appends a 16-bit two's complement integer. */
  i16(value: number): this {
    requireInteger("i16", value, -0x8000, 0x7fff);
    return this.u16(value & 0xffff);
  }

  /** Appends a 32-bit unsigned integer. */
  u32(value: number): this {
    requireInteger("value", value, 0, 0xffff_ffff);
    return this.#integer(value, 4);
  }

  /** Appends a 64-bit unsigned integer; values end at 2^53 - 1. */
  u64(value: number): this {
    requireInteger("u64", value, 0, Number.MAX_SAFE_INTEGER);
    return this.u32(Math.floor(value / 2 ** 32)).u32(value % 2 ** 32);
  }

  /** Appends bytes whose length the layout fixes. */
  fixed(bytes: Uint8Array): this {
    const offset = this.#grow(bytes.length);
    this.#bytes.set(bytes, offset);
    return this;
  }

  /** Appends a u32 length, then the bytes. */
  blob(bytes: Uint8Array): this {
    return this.u32(bytes.length).fixed(bytes);
  }

  /** Appends a u8 length, then UTF-8 bytes. */
  text(value: string): this {
    const bytes = utf8(value);
    return this.u8(bytes.length).fixed(bytes);
  }

  /** Appends a u32 count, then each item as `write` lays it out. */
  list<T>(items: Iterable<T>, write: (item: T, writer: this) => void): this {
    const all = [...items];
    this.u32(all.length);
    for (const item of all) write(item, this);
    return this;
  }

  /** Appends 0, or 1 and the value. */
  optional<T>(value: T | null, write: (value: T, writer: this) => void): this {
    this.u8(value === null ? 0 : 1);
    if (value !== null) write(value, this);
    return this;
  }

  /** Everything appended so far, in one array. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #integer(value: number, sizeBytes: number): this {
    const offset = this.#grow(sizeBytes);
    for (let at = 0; at < sizeBytes; at++) this.#bytes[offset + at] = value >>> (8 * (sizeBytes - 1 - at));
    return this;
  }

  /** Makes room for so many bytes and gives the offset of the first. */
  #grow(sizeBytes: number): number {
    const offset = this.#length;
    this.#length += sizeBytes;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, offset));
      this.#bytes = grown;
    }
    return offset;
  }
}

/** Reads what {@link ByteWriter} wrote; each method throws ArgumentError when the bytes end early or break a bound. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** One byte. */
  u8(): number {
    return this.#integer(1);
  }

  /** A 16-bit unsigned integer. */
  u16(): number {
    return this.#integer(2);
  }

  /** A 16-bit two's complement integer. */
  i16(): number {
    return (this.u16() << 16) >> 16;
  }

  /** A 32-bit unsigned integer. */
  u32(): number {
    return this.#integer(4);
  }

  /** A 64-bit unsigned integer of at most 2^53 - 1. */
  u64(): number {
    const value = this.u32() * 2 ** 32 + this.u32();
    requireArgument(Number.isSafeInteger(value), "u64", value, "at most 2^53 - 1");
    return value;
  }

  /** A copy of the next `lengthBytes` bytes. */
  fixed(lengthBytes: number): Uint8Array {
    const start = this.#take(lengthBytes);
    return this.#bytes.slice(start, this.#offset);
  }

  /** Bytes with a u32 length before them. */
  blob(): Uint8Array {
    return this.fixed(this.u32());
  }

  /** UTF-8 text with a u8 length before it. */
  text(): string {
    const bytes = this.fixed(this.u8());
    try {
      return decoder.decode(bytes);
    } catch {
      requireArgument(false, "text", bytes, "valid UTF-8");
    }
  }

  /** A counted list; a count beyond the bytes left is refused before anything is allocated. */
  list<T>(read: (reader: this) => T): T[] {
    const count = this.u32();
    requireArgument(count <= this.#bytes.length - this.#offset, "count", count, "at most the bytes left");
    return Array.from({ length: count }, () => read(this));
  }

  /** A value or `null`, after its 0 or 1. */
  optional<T>(read: (reader: this) => T): T | null {
    const flag = this.u8();
    requireArgument(flag <= 1, "flag", flag, "0 or 1");
    return flag === 1 ? read(this) : null;
  }

  /** Throws ArgumentError unless every byte was read: a canonical encoding has no tail. */
  end(): void {
    const left = this.#bytes.length - this.#offset;
    requireArgument(left === 0, "bytes", left, "no byte after the last field");
  }

  #integer(sizeBytes: number): number {
    let value = 0;
    for (let at = this.#take(sizeBytes); at < this.#offset; at++) value = value * 0x100 + this.#bytes[at]!;
    return value;
  }

  /** Goes past so many bytes and gives the offset of the first. */
  #take(sizeBytes: number): number {
    const left = this.#bytes.length - this.#offset;
    if (sizeBytes > left) requireArgument(false, "bytes", left, `at least ${sizeBytes} more bytes`);
    this.#offset += sizeBytes;
    return this.#offset - sizeBytes;
  }
}
