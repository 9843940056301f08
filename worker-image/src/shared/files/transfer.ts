import type { Writable } from "node:stream";
import { type AnyFile, readUpTo, TributaryError, writeFully } from "@tributary/kit";
import { withScratch } from "./scratch.ts";

/** Bytes that are gathered before a write: a TLS record is 16 KiB, a write a trip through the thread pool. */
const PIECE_BYTES = 2 ** 20;
/** What is still worth a trip. */
const LEAST_PIECE_BYTES = 2 ** 16;
/** Bytes that all transfers of a process may hold together, as long as pieces are worth their trip. */
const ALL_PIECES_BYTES = 32 * 2 ** 20;

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
  /** Told of pieces in order, once they are written. */
  readonly onWritten: (chunks: readonly Buffer[], sizeBytes: number) => void;
}

/**
 * Writes a body to a file as it comes, in large pieces; what came before a failure is written.
 *
 * @throws MESSAGE_INVALID when it is longer than it may be, whatever the body fails with otherwise.
 */
export async function receiveBody(body: AsyncIterable<Buffer>, sink: BodySink): Promise<void> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let written = 0;
  const flush = async () => {
    const [chunks, sizeBytes] = [pending, pendingBytes];
    pending = [];
    pendingBytes = 0;
    if (sizeBytes === 0) return;
    await writeFully(sink.file, chunks, sink.position + written);
    written += sizeBytes;
    sink.onWritten(chunks, sizeBytes);
  };
  try {
    for await (const chunk of body) {
      if (written + pendingBytes + chunk.length > sink.maxBytes)
        throw new TributaryError("MESSAGE_INVALID", `more than ${sink.maxBytes} bytes in the body`);
      pending.push(chunk);
      pendingBytes += chunk.length;
      if (pendingBytes >= (sink.pieceBytes ?? PIECE_BYTES)) await flush();
    }
  } finally {
    await flush();
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
      const lend = () => (bufferBytes < PIECE_BYTES ? new Uint8Array(bufferBytes) : scratch.bytes());
      const buffers = [lend(), lend()];
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

function writePiece(out: Writable, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    out.write(piece, (error) => (error ? reject(error) : resolve()));
  });
}
