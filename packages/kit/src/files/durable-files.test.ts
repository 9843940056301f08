import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Disk, nodeDisk } from "./disk.ts";
import { makeDirectoryDurably, readFileIfPresent, writeFileDurably } from "./durable-files.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "kit-files-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe("writeFileDurably", () => {
  it("makes directories, replaces the file and leaves nothing beside it", async () => {
    const path = join(directory, "a/b/file");
    await writeFileDurably(path, "one", 0o600);
    await writeFileDurably(path, "two", 0o600);
    expect(await readFile(path, "utf8")).toBe("two");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(directory, "a/b"))).toEqual(["file"]);
  });

  it("leaves no temporary file when the rename is refused", async () => {
    await writeFileDurably(join(directory, "taken/inner"), "x");
    await expect(writeFileDurably(join(directory, "taken"), "y")).rejects.toThrow();
    expect(await readdir(directory)).toEqual(["taken"]);
  });
});

describe("remove", () => {
  it("takes away a file, a link alone, a directory with all in it, and what is not there", async () => {
    await writeFileDurably(join(directory, "kept/inner"), "x");
    await writeFileDurably(join(directory, "folder/a/b"), "x");
    await writeFileDurably(join(directory, "file"), "x");
    await symlink(join(directory, "kept"), join(directory, "link"));
    for (const name of ["folder", "file", "link", "missing", "missing/too"])
      await nodeDisk.remove(join(directory, name));
    expect(await readdir(directory)).toEqual(["kept"]);
    expect(await readFile(join(directory, "kept/inner"), "utf8")).toBe("x");
  });
});

/** A disk that notes which paths are synced, and on which one sync fails. */
function countingDisk(failingSync: number) {
  const synced: string[] = [];
  const disk: Disk = {
    ...nodeDisk,
    async open(path, flags, mode) {
      const file = await nodeDisk.open(path, flags, mode);
      const sync = async () => {
        synced.push(path);
        if (synced.length === failingSync) throw Object.assign(new Error("EIO"), { code: "EIO" });
      };
      return { ...file, sync };
    },
  };
  return { disk, synced };
}

describe("makeDirectoryDurably", () => {
  it.each([1, 2])("makes and syncs everything again after its sync number %i failed", async (failingSync) => {
    const path = join(directory, "a/b");
    const { disk } = countingDisk(failingSync);
    await expect(makeDirectoryDurably(path, disk)).rejects.toThrow("EIO");
    expect(await readdir(directory)).toEqual([]);
    const again = countingDisk(0);
    await makeDirectoryDurably(path, again.disk);
    expect(again.synced).toEqual([join(directory, "a"), directory]);
  });

  it("takes away no directory that somebody has used meanwhile", async () => {
    const { disk } = countingDisk(1);
    const busy: Disk = {
      ...disk,
      async open(path, flags) {
        await writeFile(join(directory, "a/b/file"), "x");
        return disk.open(path, flags);
      },
    };
    await expect(makeDirectoryDurably(join(directory, "a/b"), busy)).rejects.toThrow("EIO");
    expect(await readFile(join(directory, "a/b/file"), "utf8")).toBe("x");
  });
});

describe("readFileIfPresent", () => {
  it("answers undefined for no file and throws for anything else", async () => {
    expect(await readFileIfPresent(join(directory, "none"))).toBeUndefined();
    await expect(readFileIfPresent(directory)).rejects.toThrow("EISDIR");
  });
});
