import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readFileIfPresent, writeFileDurably } from "./durable-files.ts";

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

describe("readFileIfPresent", () => {
  it("answers undefined for no file and throws for anything else", async () => {
    expect(await readFileIfPresent(join(directory, "none"))).toBeUndefined();
    await expect(readFileIfPresent(directory)).rejects.toThrow("EISDIR");
  });
});
