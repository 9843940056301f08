import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addonCacheKey } from "./cache-key.ts";
import { sha256OfFile } from "./fetch-libraries.ts";
import { cacheRootOf } from "./install.ts";
import { addonFiles } from "./pins.ts";
import { isAddonPlaced, placeAddon } from "./place-addon.ts";
import { runCommand } from "./run-command.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tfjs-addon-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeFiles(root: string, files: Record<string, string>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const cached = Object.fromEntries(addonFiles.map((name) => [name, `content of ${name}`]));

describe("placeAddon", () => {
  it("puts every file in place, twice without harm, and shares the bytes with the cache", async () => {
    const cacheDir = writeFiles(join(folder, "cache"), cached);
    const packageDir = join(folder, "package");
    expect(await isAddonPlaced(cacheDir, packageDir)).toBe(false);
    await placeAddon(cacheDir, packageDir);
    await placeAddon(cacheDir, packageDir);
    expect(await isAddonPlaced(cacheDir, packageDir)).toBe(true);
    for (const name of addonFiles) {
      expect(readFileSync(join(packageDir, name), "utf8")).toBe(`content of ${name}`);
      expect(statSync(join(packageDir, name)).ino).toBe(statSync(join(cacheDir, name)).ino);
    }
  });

  it("replaces a file of another size, such as one cut short", async () => {
    const cacheDir = writeFiles(join(folder, "cache"), cached);
    const packageDir = writeFiles(join(folder, "package"), { ...cached, [addonFiles[0]]: "cut" });
    expect(await isAddonPlaced(cacheDir, packageDir)).toBe(false);
    await placeAddon(cacheDir, packageDir);
    expect(await isAddonPlaced(cacheDir, packageDir)).toBe(true);
  });

  it("says that nothing is placed when the cache is empty", async () => {
    expect(await isAddonPlaced(join(folder, "none"), writeFiles(join(folder, "package"), cached))).toBe(false);
  });
});

describe("addonCacheKey", () => {
  it("changes when a source of the addon changes", () => {
    const sources = { "binding.gyp": "{}", "binding/a.cc": "int a;", "binding/b.cc": "int b;" };
    const before = addonCacheKey(writeFiles(join(folder, "p"), sources));
    expect(addonCacheKey(writeFiles(join(folder, "q"), sources))).toBe(before);
    expect(addonCacheKey(writeFiles(join(folder, "p"), { "binding/b.cc": "int c;" }))).not.toBe(before);
  });
});

describe("the steps of a build", () => {
  it("hash a file as sha256sum does", async () => {
    writeFiles(folder, { abc: "abc" });
    expect(await sha256OfFile(join(folder, "abc"))).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  it("fail with the command's name and last words", () => {
    expect(() => runCommand("sh", ["-c", "echo no compiler >&2; exit 3"], { cwd: folder, timeoutMs: 5000 })).toThrow(
      /sh -c .*exit status 3\nno compiler/s,
    );
  });

  it("keep results below the user's cache folder", () => {
    expect(cacheRootOf({ XDG_CACHE_HOME: "/var/cache" })).toBe("/var/cache/tributary");
  });
});
