import type { Writable } from "node:stream";
import { type AnyFile, readUpTo, TributaryError, writeFully } from "@tributary/kit";
import { type Scratch, withScratch } from "./scratch.ts";

/** Bytes that are gathered before a write: a TLS record is 16 KiB, a write a trip through the thread pool. */
const PIECE_BYTES = 2 ** 20;
/** What is still worth a trip. */
const LEAST_PIECE_BYTES = 2 ** 16;
/** Bytes that all transfers of a process may hold together, as long as pieces are worth their trip. */
const ALL_PIECES_BYTES = 32 * 2 ** 20;

/**
 * So many chunks of a body must bring so many bytes. A TLS record, which is a chunk, has 16 KiB where there is enough to send; one of a
 * single byte costs the loop as much time.
 */
const CHUNKS = { count: 1024, leastBytes: 2 ** 18 };

/** Size of a transfer's pieces when so many transfers run beside each other: many peers, or stalled ones, hold no more than a few fast ones. */
export function pieceBytes(transfers: number): number {
  const share = 2 ** Math.floor(Math.log2(ALL_PIECES_BYTES / (2 * Math.max(1, transfers))));
  return Math.min(PIECE_BYTES, Math.max(LEAST_PIECE_BYTES, share));
}

/** Where a body goes. */
export interface BodySink {
  readonly file: AnyFile;
  /** Offset of its first byte in the file. */
  readonly position: number;
  /** Most bytes that it may have. */
  readonly maxBytes: number;
  /** Bytes that are gathered before a write; 1 MiB by default. */
  readonly pieceBytes?: number;
  /** Told of pieces in order, once they are written; a piece's memory is used again afterwards. */
  readonly onWritten: (piece: Uint8Array) => void;
}

/**
 * Writes a body to a file as it comes, in large pieces; what came before a failure is written. A peer may send it byte by byte: what is
 * held is copied into one buffer, so that memory follows from the bytes and not from how many chunks they came in.
 *
 * @throws MESSAGE_INVALID when it is longer than it may be or comes in crumbs, whatever the body fails with otherwise.
 */
export async function receiveBody(body: AsyncIterable<Buffer>, sink: BodySink): Promise<void> {
  const { maxBytes, pieceBytes = PIECE_BYTES } = sink;
  await withScratch(async (scratch) => {
    const writer = new PieceWriter(sink, lend(scratch, Math.min(maxBytes, pieceBytes)));
    let chunks = 0;
    let countedBytes = 0;
    try {
      for await (const chunk of body) {
        if (writer.takenBytes + chunk.length > maxBytes)
          throw new TributaryError("MESSAGE_INVALID", `more than ${maxBytes} bytes in the body`);
        await writer.take(chunk);
        if (++chunks < CHUNKS.count) continue;
        if (writer.takenBytes - countedBytes < CHUNKS.leastBytes)
          throw new TributaryError("MESSAGE_INVALID", `${chunks} chunks of ${writer.takenBytes - countedBytes} bytes`);
        [chunks, countedBytes] = [0, writer.takenBytes];
      }
    } finally {
      await writer.flush();
    }
  });
}

/** Gathers chunks in one buffer and writes it whenever it is full. */
class PieceWriter {
  readonly #sink: BodySink;
  readonly #buffer: Uint8Array;
  #filledBytes = 0;
  #writtenBytes = 0;

  constructor(sink: BodySink, buffer: Uint8Array) {
    this.#sink = sink;
    this.#buffer = buffer;
  }

  get takenBytes(): number {
    return this.#writtenBytes + this.#filledBytes;
  }

  async take(chunk: Uint8Array): Promise<void> {
    for (let rest = chunk; rest.length > 0; ) {
      // A chunk that is a whole piece needs no copy.
      if (this.#filledBytes === 0 && rest.length >= this.#buffer.length) return this.#write(rest);
      const part = rest.subarray(0, this.#buffer.length - this.#filledBytes);
      this.#buffer.set(part, this.#filledBytes);
      this.#filledBytes += part.length;
      rest = rest.subarray(part.length);
      if (this.#filledBytes === this.#buffer.length) await this.flush();
    }
  }

  async flush(): Promise<void> {
    const piece = this.#buffer.subarray(0, this.#filledBytes);
    // What could not be written is not tried again.
    this.#filledBytes = 0;
    if (piece.length > 0) await this.#write(piece);
  }

  async #write(piece: Uint8Array): Promise<void> {
    const { file, position, onWritten } = this.#sink;
    await writeFully(file, piece, position + this.#writtenBytes);
    this.#writtenBytes += piece.length;
    onWritten(piece);
  }
}

/** How a file is sent. */
export interface SendOptions {
  /** Told of every piece once the stream has taken it. */
  readonly onSent?: (bytes: number) => void;
  /** Size of each of the two buffers; 1 MiB by default. */
  readonly bufferBytes?: number;
}

/**
 * Writes a file from `start` on to a stream and ends it. Two buffers take turns, so that the file is read while the stream is
 * written, a slow peer holds back the reading, and a large file makes no garbage. The stream must have taken a piece, as sockets
 * have, when it calls back.
 *
 * @throws what the stream or the file fails with; a stream that closes early counts as a failure.
 */
export async function sendFile(
  file: AnyFile,
  start: number,
  out: Writable,
  { onSent = () => {}, bufferBytes = PIECE_BYTES }: SendOptions = {},
): Promise<void> {
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {});
  const onClose = () => closed.reject(out.errored ?? new Error("the stream closed before the file was sent"));
  out.on("error", onClose).once("close", onClose);
  try {
    await withScratch(async (scratch) => {
      const buffers = [lend(scratch, bufferBytes), lend(scratch, bufferBytes)];
      const writes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
      let position = start;
      for (let turn = 0; ; turn = 1 - turn) {
        await Promise.race([writes[turn], closed.promise]);
        const bytesRead = await readUpTo(file, position, buffers[turn]!);
        if (bytesRead === 0) break;
        position += bytesRead;
        const write = writePiece(out, buffers[turn]!.subarray(0, bytesRead)).then(() => onSent(bytesRead));
        // Its failure shows when its turn comes, or as the stream's close.
        write.catch(() => {});
        writes[turn] = write;
      }
      await Promise.race([Promise.all(writes), closed.promise]);
    });
    out.end();
  } catch (error) {
    // What ended the stream says more than that nothing can be written to it any more.
    throw out.errored ?? error;
  } finally {
    out.off("close", onClose);
  }
}

/** A buffer of so many bytes: one on loan where it has the usual size. */
function lend(scratch: Scratch, sizeBytes: number): Uint8Array {
  return sizeBytes < PIECE_BYTES ? new Uint8Array(sizeBytes) : scratch.bytes();
}

function writePiece(out: Writable, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    out.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}
