import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cachedFolder } from "./cached.ts";
import { contentHash, treeDigest } from "./content-hash.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cached-"));
});

afterEach(() => rm(root, { recursive: true }));

describe("cachedFolder", () => {
  const entry = () => ({ root, name: "thing", hash: "abc", timeoutMs: 10_000 });

  it("makes a folder once, also when several want it at the same time", async () => {
    let made = 0;
    const make = async (folder: string) => {
      made += 1;
      await writeFile(join(folder, "result"), "done");
    };
    const folders = await Promise.all([1, 2, 3].map(() => cachedFolder(entry(), make)));
    expect(made).toBe(1);
    expect(new Set(folders).size).toBe(1);
    expect(await readFile(join(folders[0] as string, "result"), "utf8")).toBe("done");
  });

  it("leaves nothing that looks finished when making fails, and begins afresh", async () => {
    const failing = cachedFolder(entry(), async (folder) => {
      await writeFile(join(folder, "half"), "");
      throw new Error("broken off");
    });
    await expect(failing).rejects.toThrow("broken off");
    const folder = await cachedFolder(entry(), (partial) => writeFile(join(partial, "whole"), ""));
    expect(existsSync(join(folder, "half"))).toBe(false);
    expect(existsSync(join(folder, "whole"))).toBe(true);
  });
});

describe("cachedFolder with a bound", () => {
  it("removes the folder that was not used for longest", async () => {
    const folder = (hash: string) =>
      cachedFolder({ root, name: "image", hash, timeoutMs: 10_000, keep: 2 }, (partial) =>
        writeFile(join(partial, "result"), hash),
      );
    const first = await folder("first");
    const second = await folder("second");
    await utimes(first, new Date(1_000), new Date(1_000));
    await utimes(second, new Date(2_000), new Date(2_000));
    await folder("first");
    await folder("third");
    expect(existsSync(first)).toBe(true);
    expect(existsSync(second)).toBe(false);
  });
});

describe("contentHash", () => {
  it("depends on names and contents of files and on texts, not on the order of the files", async () => {
    const [a, b] = [join(root, "a"), join(root, "b")];
    await writeFile(a, "1");
    await writeFile(b, "2");
    const hash = await contentHash(root, [a, b], ["x"]);
    expect(await contentHash(root, [b, a], ["x"])).toBe(hash);
    expect(await contentHash(root, [a, b], ["y"])).not.toBe(hash);
    await writeFile(b, "3");
    expect(await contentHash(root, [a, b], ["x"])).not.toBe(hash);
  });
});

describe("treeDigest", () => {
  it("changes when a file may be executed", async () => {
    const path = join(root, "program");
    await writeFile(path, "#!", { mode: 0o644 });
    const plain = await treeDigest(root);
    await rm(path);
    await writeFile(path, "#!", { mode: 0o755 });
    expect(await treeDigest(root)).not.toBe(plain);
  });
});
