import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { type DiskFile, realDisk } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pieceBytes, receiveBody, sendFile } from "./transfer.ts";

const bytes = randomBytes(3 * 2 ** 20 + 17);
let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "transfer-"));
  path = join(directory, "file");
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function send(start: number, out: Writable, onSent?: (count: number) => void): Promise<void> {
  await writeFile(path, bytes);
  const file = await realDisk.open(path, "r");
  await sendFile(file, start, out, onSent && { onSent }).finally(() => file.close());
}

/** Takes a piece only after a while: by then a buffer that was used again too early holds other bytes. */
function slowStream() {
  const taken: Buffer[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      setImmediate(() => {
        taken.push(Buffer.from(chunk));
        done();
      });
    },
  });
  return { stream, taken };
}

describe("sendFile", () => {
  it.each([0, 1, 2 ** 20, bytes.length])("sends a file from byte %i on and ends the stream", async (start) => {
    const { stream, taken } = slowStream();
    let sent = 0;
    await send(start, stream, (count) => {
      sent += count;
    });
    expect(Buffer.concat(taken).equals(bytes.subarray(start))).toBe(true);
    expect([sent, stream.writableEnded]).toEqual([bytes.length - start, true]);
  });

  it("sends through small buffers the same bytes", async () => {
    const { stream, taken } = slowStream();
    await writeFile(path, bytes);
    const file = await realDisk.open(path, "r");
    await sendFile(file, 5, stream, { bufferBytes: 2 ** 16 }).finally(() => file.close());
    expect(Buffer.concat(taken).equals(bytes.subarray(5))).toBe(true);
    expect(Math.max(...taken.map(({ length }) => length))).toBe(2 ** 16);
  });

  it.each([
    { name: "fails", error: new Error("reset"), says: "reset" },
    { name: "closes early", error: undefined, says: /closed before|destroyed/u },
  ])("fails when the stream $name", async ({ error, says }) => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => void broken.destroy(error).on("close", done) });
    await expect(send(0, broken)).rejects.toThrow(says);
  });
});

it("transfers that run beside each other hold together no more than a few", () => {
  for (const [transfers, wanted] of [
    [0, 2 ** 20],
    [16, 2 ** 20],
    [17, 2 ** 19],
    [100, 2 ** 17],
    [300, 2 ** 16],
    [5_000, 2 ** 16],
  ] as const) {
    expect([transfers, pieceBytes(transfers)]).toEqual([transfers, wanted]);
  }
});

describe("receiveBody", () => {
  async function receive(body: AsyncIterable<Buffer>, position: number, maxBytes: number) {
    await writeFile(path, "", { flag: "a" });
    const file = await realDisk.open(path, "r+");
    let told = 0;
    const onWritten = (piece: Uint8Array) => {
      told += piece.length;
    };
    const done = receiveBody(body, { file, position, maxBytes, onWritten }).finally(() => file.close());
    return { done: done.then(() => told), told: () => told };
  }

  it("writes a body behind what is there", async () => {
    await writeFile(path, bytes.subarray(0, 1000));
    const { done } = await receive(
      Readable.from([bytes.subarray(1000, 5000), bytes.subarray(5000)]),
      1000,
      bytes.length,
    );
    expect(await done).toBe(bytes.length - 1000);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it("keeps what came before the body failed", async () => {
    async function* failing() {
      yield bytes.subarray(0, 700);
      throw new Error("reset");
    }
    const { done, told } = await receive(failing(), 0, bytes.length);
    await expect(done).rejects.toThrow("reset");
    expect(told()).toBe(700);
    expect((await readFile(path)).equals(bytes.subarray(0, 700))).toBe(true);
  });

  /** Receives a body in chunks of a size, by pieces of 64 KiB; tells what was written and by which calls to the file. */
  async function receiveChunks(content: Buffer, chunkBytes: number) {
    const calls: { chunks: number; sizeBytes: number }[] = [];
    const pieces: Uint8Array[] = [];
    const file = {
      writeSome: async (chunks: readonly Uint8Array[]) => {
        const sizeBytes = chunks.reduce((sum, { length }) => sum + length, 0);
        calls.push({ chunks: chunks.length, sizeBytes });
        return sizeBytes;
      },
    } as unknown as DiskFile;
    function* chunks() {
      for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
    }
    const onWritten = (piece: Uint8Array) => void pieces.push(Uint8Array.from(piece));
    const sink = { file, position: 0, maxBytes: content.length, pieceBytes: 2 ** 16, onWritten };
    const failed = await receiveBody(Readable.from(chunks()), sink).catch((error: unknown) => error);
    return { calls, pieces, failed };
  }

  it.each([
    { name: "byte by byte, as long as it is short", sizeBytes: 1_000, chunkBytes: 1 },
    { name: "as one byte", sizeBytes: 1, chunkBytes: 1 },
    { name: "in small chunks", sizeBytes: 300_000, chunkBytes: 333 },
    { name: "in records", sizeBytes: 300_000, chunkBytes: 16 * 1024 },
    { name: "in chunks that are larger than a piece", sizeBytes: 300_000, chunkBytes: 150_000 },
  ])("holds and writes whole pieces of a body that comes $name", async ({ sizeBytes, chunkBytes }) => {
    const content = bytes.subarray(0, sizeBytes);
    const { calls, pieces, failed } = await receiveChunks(content, chunkBytes);
    expect([failed, Buffer.concat(pieces).equals(content)]).toEqual([undefined, true]);
    expect(calls.every(({ chunks }) => chunks === 1)).toBe(true);
    const half = Math.ceil(Math.max(2, Math.min(sizeBytes, 2 ** 16)) / 2);
    expect(calls.slice(0, -1).every((call) => call.sizeBytes === half)).toBe(true);
    expect(pieces.map(({ length }) => length)).toEqual(calls.map((call) => call.sizeBytes));
  });

  it("takes what comes while a piece is written, as far as it has room, and leaves no hole behind one that fails", async () => {
    const writes: { readonly position: number; readonly sizeBytes: number; fail(cause: Error): void }[] = [];
    const file = {
      writeSome: (chunks: readonly Uint8Array[], position: number) =>
        new Promise<number>((_resolve, fail) => writes.push({ position, sizeBytes: chunks[0]!.length, fail })),
    } as unknown as DiskFile;
    let yielded = 0;
    function* chunks() {
      for (; yielded < 1000; yielded++) yield bytes.subarray(0, 100);
    }
    const told: Uint8Array[] = [];
    const onWritten = (piece: Uint8Array) => void told.push(piece);
    const sink = { file, position: 7, maxBytes: bytes.length, pieceBytes: 2000, onWritten };
    const done = receiveBody(Readable.from(chunks(), { highWaterMark: 1 }), sink).catch(
      (error: Error) => error.message,
    );
    await vi.waitFor(() => expect(yielded).toBeGreaterThanOrEqual(19));
    expect(yielded).toBeLessThan(25);
    writes[0]!.fail(new Error("the disk is gone"));
    expect(await done).toBe("the disk is gone");
    expect(writes.map(({ position, sizeBytes }) => [position, sizeBytes])).toEqual([[7, 1000]]);
    expect(told).toEqual([]);
  });

  it.each([1, 200])("refuses a body that goes on in chunks of %i bytes, and keeps what came", async (chunkBytes) => {
    const { calls, pieces, failed } = await receiveChunks(bytes, chunkBytes);
    expect(failed).toMatchObject({ code: "MESSAGE_INVALID", message: expect.stringContaining("1024 chunks") });
    expect(calls.every(({ chunks }) => chunks === 1)).toBe(true);
    expect(Buffer.concat(pieces).equals(bytes.subarray(0, 1024 * chunkBytes))).toBe(true);
  });

  it("refuses a body that is longer than it may be", async () => {
    const { done } = await receive(Readable.from([bytes.subarray(0, 100)]), 0, 99);
    await expect(done).rejects.toMatchObject({ code: "MESSAGE_INVALID" });
  });
});
