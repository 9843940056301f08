import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withLock } from "./lock.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-"));
  path = join(folder, "lock");
});

afterEach(() => rm(folder, { recursive: true }));

describe("withLock", () => {
  it("lets one holder in at a time", async () => {
    let inside = 0;
    const most = await Promise.all(
      [1, 2, 3, 4].map(() =>
        withLock(
          path,
          async () => {
            inside += 1;
            const seen = inside;
            await new Promise((resolve) => setImmediate(resolve));
            inside -= 1;
            return seen;
          },
          { timeoutMs: 10_000 },
        ),
      ),
    );
    expect(most).toEqual([1, 1, 1, 1]);
  });

  it("is free again when the work has failed", async () => {
    const failing = withLock(path, () => Promise.reject(new Error("broken off")), { timeoutMs: 10_000 });
    await expect(failing).rejects.toThrow("broken off");
    expect(await withLock(path, async () => "done", { timeoutMs: 10_000 })).toBe("done");
  });

  it("is free again when its holder was killed", async () => {
    const script = `import { withLock } from ${JSON.stringify(join(import.meta.dirname, "lock.ts"))};
      await withLock(${JSON.stringify(path)}, () => { console.log("held"); return new Promise(() => setInterval(() => {}, 60_000)); },
        { timeoutMs: 10_000 });`;
    const holder = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    holder.kill("SIGKILL");
    expect(await withLock(path, async () => "done", { timeoutMs: 10_000 })).toBe("done");
  });

  it("says who is in the way when a waiter gives up", async () => {
    await withLock(
      path,
      async () => {
        const waiter = withLock(path, async () => "in", { timeoutMs: 1 });
        await expect(waiter).rejects.toThrow(`another program held ${path}`);
      },
      { timeoutMs: 10_000 },
    );
  });
});
