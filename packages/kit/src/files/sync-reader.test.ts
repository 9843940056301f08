import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nameVolumes } from "./storage-error.ts";
import { SyncReader } from "./sync-reader.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sync-reader-"));
});
afterEach(async () => {
  nameVolumes([]);
  await rm(folder, { recursive: true, force: true });
});

describe("SyncReader", () => {
  it("tells the size and gives as much as there is", async () => {
    const path = join(folder, "file");
    await writeFile(path, "content");
    using file = SyncReader.open(path);
    const buffer = Buffer.alloc(10);
    expect([file.sizeBytes, file.readUpTo(3, buffer), buffer.subarray(0, 4).toString()]).toEqual([7, 4, "tent"]);
    expect(file.readUpTo(7, buffer)).toBe(0);
  });

  it("leaves a file that is not there what it is", () => {
    expect(() => SyncReader.open(join(folder, "none"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
  });

  it("names the volume of a file that cannot be opened", async () => {
    nameVolumes([{ path: folder, name: "claim base", remedy: "" }]);
    const path = join(folder, "socket");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    // Linux answers ENXIO to whoever opens a socket as a file.
    expect(() => SyncReader.open(path)).toThrow(
      expect.objectContaining({
        code: "STORAGE_UNAVAILABLE",
        message: `claim base does not work: ${path} cannot be read or written (ENXIO); look at the volume and its node`,
      }),
    );
    await new Promise((resolve) => server.close(resolve));
  });

  it("names the volume of a file that cannot be read", () => {
    nameVolumes([{ path: "/proc", name: "the processes", remedy: "" }]);
    using file = SyncReader.open("/proc/self/mem");
    // Nothing is mapped there: Linux answers EIO.
    expect(() => file.readUpTo(0, Buffer.alloc(8))).toThrow(
      expect.objectContaining({
        code: "STORAGE_UNAVAILABLE",
        message: expect.stringMatching(/^the processes does not work: \/proc\/self\/mem .*EIO/u),
      }),
    );
  });
});
