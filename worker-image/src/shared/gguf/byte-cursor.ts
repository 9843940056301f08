import { isUtf8 } from "node:buffer";
import { cutText } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";

/** Says that a GGUF file cannot be used: where (a byte offset or a tensor's name) and why, both cut where the file makes them long. */
export function ggufError(where: string, why: string): TributaryError {
  return new TributaryError("TRAINER_MODEL_INVALID", `GGUF ${cutText(where, 200)}: ${cutText(why, 400)}`);
}

/** Thrown when a header continues past the bytes at hand; the reader then fetches more. */
export class MoreBytesNeeded extends Error {
  /** Length, in bytes from the start of the file, that would have been enough for this read. */
  readonly neededBytes: number;

  constructor(neededBytes: number) {
    super(`needs ${neededBytes} bytes`);
    this.neededBytes = neededBytes;
  }
}

/** Reads little-endian values from the front of a file, never past the bytes at hand. */
export class ByteCursor {
  readonly #bytes: Buffer;
  readonly #fileBytes: number;
  /** Offset of the next read, in bytes. */
  offset = 0;

  /**
   * @param bytes the first bytes of the file
   * @param fileBytes length of the whole file: a read past it is an error, not a wish for more bytes
   */
  constructor(bytes: Buffer, fileBytes: number) {
    this.#bytes = bytes;
    this.#fileBytes = fileBytes;
  }

  /** Bytes from the current offset to the end of the file. */
  get remainingBytes(): number {
    return this.#fileBytes - this.offset;
  }

  /** Takes `count` bytes. `what` names them in the error. */
  take(count: number, what: string): Buffer {
    const end = this.offset + count;
    if (count > this.remainingBytes) {
      throw ggufError(
        `offset ${this.offset}`,
        `${what} needs ${count} bytes, the file has ${this.remainingBytes} left`,
      );
    }
    if (end > this.#bytes.length) throw new MoreBytesNeeded(end);
    const bytes = this.#bytes.subarray(this.offset, end);
    this.offset = end;
    return bytes;
  }

  /** Takes an unsigned 32-bit integer. */
  uint32(what: string): number {
    return this.take(4, what).readUInt32LE();
  }

  /** Takes an unsigned 64-bit integer that counts something, hence fits a double exactly. */
  count(what: string): number {
    const start = this.offset;
    const value = this.take(8, what).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw ggufError(`offset ${start}`, `${what} is ${value}, too large`);
    return Number(value);
  }

  /** Takes a string: its length in bytes, then UTF-8. */
  text(what: string): string {
    const length = this.count(`length of ${what}`);
    const start = this.offset;
    const bytes = this.take(length, what);
    if (!isUtf8(bytes)) throw ggufError(`offset ${start}`, `${what} is not UTF-8`);
    return bytes.toString("utf8");
  }
}
