import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DiskFile, diskFileOf, namingDisk, nodeDisk } from "./disk.ts";
import { nameVolumes } from "./storage-error.ts";
import { readFully, readUpTo, writeFully } from "./whole-file.ts";

let path: string;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "whole-file-"));
  path = join(folder, "file");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Takes and gives at most `most` bytes a call, as a disk may. */
async function sparing(most: number, flags: "r" | "w"): Promise<DiskFile> {
  const file = await nodeDisk.open(path, flags);
  return {
    ...file,
    readSome: (buffer, offset, length, position) => file.readSome(buffer, offset, Math.min(length, most), position),
    writeSome: async ([first], position) => file.writeSome([first!.subarray(0, most)], position),
  };
}

const bytes = Buffer.from("what is stored is what was hashed");

describe.each([1, 2, 7, 100])("a disk that takes and gives at most %i bytes a call", (most) => {
  it.each([
    { name: "one chunk", content: bytes },
    { name: "several chunks, some empty", content: [bytes.subarray(0, 9), bytes.subarray(9, 9), bytes.subarray(9)] },
  ])("takes $name whole, at a position and without", async ({ content }) => {
    const file = await sparing(most, "w");
    await writeFully(file, content);
    await writeFully(file, content, 3);
    await file.close();
    expect(await readFile(path, "utf8")).toBe(`wha${bytes.toString()}`);
  });

  it("gives everything, or as much as there is", async () => {
    await writeFile(path, bytes);
    const file = await sparing(most, "r");
    expect(await readFully(file, 5, Buffer.alloc(10))).toEqual(bytes.subarray(5, 15));
    const all = Buffer.alloc(100);
    expect(await readUpTo(file, 0, all)).toBe(bytes.length);
    await expect(readFully(file, 0, all)).rejects.toThrow(`file ends at byte ${bytes.length}`);
    await file.close();
  });
});

it("asks Node for no more of a chunk at a time than it takes, and puts a large one in no vector", async () => {
  const [small, large] = [new Uint8Array(1), new Uint8Array(2 ** 30 + 1)];
  const calls: unknown[] = [];
  const note = (call: unknown, bytes: number) => {
    calls.push(call);
    return { bytesRead: bytes, bytesWritten: bytes };
  };
  const file = diskFileOf({
    read: async (_buffer: Uint8Array, _offset: number, length: number) => note(["read", length], length),
    write: async (_chunk: Uint8Array, _offset: number, length: number) => note(["write", length], length),
    writev: async (chunks: Uint8Array[]) =>
      note(
        chunks.map(({ length }) => length),
        1,
      ),
  } as never);
  expect(await file.readSome(large, 0, large.length, 0)).toBe(2 ** 30);
  for (const chunks of [[large], [large, small], [small, large], [small, small]]) await file.writeSome(chunks, null);
  expect(calls).toEqual([["read", 2 ** 30], ["write", 2 ** 30], ["write", 2 ** 30], [1], [1, 1]]);
});

it("fails on a disk that takes nothing and says nothing, rather than trying for ever", async () => {
  const file = { ...(await nodeDisk.open(path, "w")), writeSome: async () => 0 };
  await expect(writeFully(file, bytes)).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
  await file.close();
});

it("names the volume of a disk that takes nothing and says nothing, and lets nothing be written", async () => {
  nameVolumes([{ path: folder, name: "claim data-x", remedy: "enlarge it" }]);
  const disk = namingDisk({
    ...nodeDisk,
    open: async (name, flags) => ({ ...(await nodeDisk.open(name, flags)), writeSome: async () => 0 }),
  });
  const file = await disk.open(path, "w");
  await expect(writeFully(file, bytes)).rejects.toMatchObject({
    code: "STORAGE_UNAVAILABLE",
    message: `claim data-x does not work: ${path} cannot be read or written (no byte taken, no reason given); look at the volume and its node`,
  });
  expect(await file.writeSome([Buffer.alloc(0)], null)).toBe(0);
  await file.close();
  nameVolumes([]);
});
