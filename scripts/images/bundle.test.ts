import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundlePrograms } from "./bundle.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "bundle-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("bundlePrograms", () => {
  it("makes a program that runs by itself, with what CommonJS packages expect and threads beside it", async () => {
    writeFileSync(join(root, "common.cjs"), "module.exports = require('node:path').basename(__dirname);");
    writeFileSync(
      join(root, "thread.ts"),
      "import { parentPort } from 'node:worker_threads'; parentPort?.postMessage('up');",
    );
    writeFileSync(
      join(root, "main.ts"),
      `import { Worker } from "node:worker_threads";
       import folder from "./common.cjs";
       const thread = new Worker(new URL("./thread.js", import.meta.url));
       thread.on("message", (word: string) => console.log(folder, word));`,
    );
    const files = { "main.mjs": "main.ts", "thread.js": "thread.ts" };
    const folder = await bundlePrograms({ name: "program", files }, root, join(root, "out"));
    rmSync(join(root, "common.cjs"));
    const result = spawnSync(process.execPath, [join(folder, "main.mjs")], { encoding: "utf8", timeout: 20_000 });
    expect(result).toMatchObject({ status: 0, stdout: "program up\n", stderr: "" });
  });

  it("gives the same bytes for the same sources, wherever they go", async () => {
    writeFileSync(join(root, "main.ts"), "console.log(import.meta.url);");
    const bytes = async (output: string) => {
      const set = { name: "program", files: { "main.mjs": "main.ts" } };
      return readFileSync(join(await bundlePrograms(set, root, join(root, output)), "main.mjs"), "utf8");
    };
    expect(await bytes("one")).toBe(await bytes("two"));
  });

  it("names the source that is not there", async () => {
    const set = { name: "program", files: { "main.mjs": "absent.ts" } };
    await expect(bundlePrograms(set, root, join(root, "out"))).rejects.toThrow("absent.ts");
  });
});

describe("the launcher", () => {
  const launcher = join(import.meta.dirname, "launcher.ts");
  it.each([[[]], [["../etc/passwd"]]])("refuses %j and says what it takes", (args) => {
    const result = spawnSync(process.execPath, [launcher, ...args], { encoding: "utf8", timeout: 20_000 });
    expect(result.status).toBe(2);
    expect(result.stderr).toContain("must be one of aggregator, sidecar, gate");
  });
});
