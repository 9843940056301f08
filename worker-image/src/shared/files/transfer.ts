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
  /** Bytes that are held: one half is written while the other one fills; 1 MiB by default. */
  readonly pieceBytes?: number;
  /** Told of pieces in order, once they are written; a piece's memory is used again afterwards. */
  readonly onWritten: (piece: Uint8Array) => void;
}

/**
 * Writes a body to a file as it comes, in large pieces; what came before a failure is written. A peer may send it byte by byte: what is
 * held is copied into two buffers that take turns, so that memory follows from the bytes and not from how many chunks they came in, and
 * the network does not wait for the disk.
 *
 * @throws MESSAGE_INVALID when it is longer than it may be or comes in crumbs, whatever the body fails with otherwise.
 */
export async function receiveBody(body: AsyncIterable<Buffer>, sink: BodySink): Promise<void> {
  const { maxBytes, pieceBytes = PIECE_BYTES } = sink;
  await withScratch(async (scratch) => {
    const writer = new PieceWriter(sink, lend(scratch, Math.max(2, Math.min(maxBytes, pieceBytes))));
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

/** Gathers chunks in two buffers that take turns: one is written, whole, while the other one fills. */
class PieceWriter {
  readonly #sink: BodySink;
  #filling: Uint8Array;
  #resting: Uint8Array;
  #filledBytes = 0;
  #writtenBytes = 0;
  #takenBytes = 0;
  /** The write under way, of what rests; what fails it fails all that would come behind. */
  #write: Promise<void> = Promise.resolve();

  constructor(sink: BodySink, memory: Uint8Array) {
    const half = Math.ceil(memory.length / 2);
    this.#sink = sink;
    this.#filling = memory.subarray(0, half);
    this.#resting = memory.subarray(half);
  }

  get takenBytes(): number {
    return this.#takenBytes;
  }

  async take(chunk: Uint8Array): Promise<void> {
    for (let rest = chunk; rest.length > 0; ) {
      const part = rest.subarray(0, this.#filling.length - this.#filledBytes);
      this.#filling.set(part, this.#filledBytes);
      this.#filledBytes += part.length;
      this.#takenBytes += part.length;
      rest = rest.subarray(part.length);
      if (this.#filledBytes === this.#filling.length) await this.#turn();
    }
  }

  /** Writes what is left; nothing behind a piece that could not be written. */
  async flush(): Promise<void> {
    await this.#turn();
    await this.#write;
  }

  async #turn(): Promise<void> {
    await this.#write;
    const piece = this.#filling.subarray(0, this.#filledBytes);
    [this.#filling, this.#resting, this.#filledBytes] = [this.#resting, this.#filling, 0];
    this.#write = this.#writePiece(piece);
    this.#write.catch(() => {});
  }

  async #writePiece(piece: Uint8Array): Promise<void> {
    if (piece.length === 0) return;
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
