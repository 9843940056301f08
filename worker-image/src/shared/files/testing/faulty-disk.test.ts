import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Disk, syncDirectory, syncFile, writeFully } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fault, FaultyDisk, trialFolder } from "./faulty-disk.ts";

let folder: string;
beforeEach(async () => {
  folder = await trialFolder("faulty-disk");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(disk: Disk, path: string, text: string, position?: number): Promise<void> {
  const file = await disk.open(path, position === undefined ? "w" : "r+");
  await writeFully(file, Buffer.from(text), position).finally(() => file.close());
}

/** Syncs until it goes well; tells how often that was. */
async function syncAgain(sync: () => Promise<void>): Promise<number> {
  for (let tries = 1; ; tries++) {
    const isDone = await sync().then(
      () => true,
      () => false,
    );
    if (isDone) return tries;
  }
}

describe("a sync that is lost", () => {
  it("takes the bytes since the last good one, under every name of the file, and later syncs say nothing", async () => {
    const path = join(folder, "file");
    // Open, write, sync; open and write; link; open; sync.
    const faulty = new FaultyDisk(Fault.LostSync, 8);
    await write(faulty.disk, path, "one two");
    await syncFile(path, faulty.disk);
    await write(faulty.disk, path, "TWO three", 4);
    await faulty.disk.link(path, join(folder, "other"));
    expect(await syncAgain(() => syncFile(path, faulty.disk))).toBe(2);
    for (const name of ["file", "other"])
      expect(await readFile(join(folder, name), "utf8")).toBe(`one two${"\0".repeat(6)}`);
    await write(faulty.disk, path, "again");
    expect(await syncAgain(() => syncFile(path, faulty.disk))).toBe(1);
    expect(await readFile(path, "utf8")).toBe("again");
  });

  it("takes what was copied, and nothing of a file that was there before", async () => {
    await writeFile(join(folder, "before"), "whole");
    for (const name of ["before", "copy"]) {
      const faulty = new FaultyDisk(Fault.LostSync, name === "copy" ? 2 : 1);
      if (name === "copy") await faulty.disk.copy(join(folder, "before"), join(folder, name));
      await expect(syncFile(join(folder, name), faulty.disk)).rejects.toMatchObject({ code: "STORAGE_UNAVAILABLE" });
    }
    expect(await readFile(join(folder, "before"), "utf8")).toBe("whole");
    expect(await readFile(join(folder, "copy"))).toEqual(Buffer.alloc(5));
  });

  it("takes names of a folder once the process is over, unless something else got them since", async () => {
    const paths = ["kept", "replaced"].map((name) => join(folder, name)) as [string, string];
    for (const path of paths) await writeFile(path, "old");
    const faulty = new FaultyDisk(Fault.LostSync, 7);
    const rename = async (path: string) => {
      await write(faulty.disk, `${path}.tmp`, "new");
      await faulty.disk.rename(`${path}.tmp`, path);
    };
    for (const path of paths) await rename(path);
    expect(await syncAgain(() => syncDirectory(folder, faulty.disk))).toBe(2);
    for (const path of paths) expect(await readFile(path, "utf8")).toBe("new");
    await rename(paths[1]);
    await syncDirectory(folder, faulty.disk);
    const { ino } = await stat(paths[1]);
    await faulty.closeAll();
    expect([await readFile(paths[0], "utf8"), (await stat(paths[1])).ino]).toEqual(["old", ino]);
  });
});
