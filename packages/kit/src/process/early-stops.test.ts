import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const kit = (file: string) => JSON.stringify(join(import.meta.dirname, "..", file));
/** Says a line once it is there; a program that takes over ends with 7 at a stop signal. */
const programs = {
  /** Its other imports would take long: it stays in the middle of them. */
  loading: `import ${kit("process/stop-early.ts")};
    process.stdout.write("loading\\n");
    await new Promise((resolve) => setTimeout(resolve, 600_000));`,
  /** Loaded twice, as by a launcher and its program. */
  running: `import ${kit("process/stop-early.ts")};
    await import(${kit("process/stop-early.ts")} + "?again");
    const { runMain } = await import(${kit("process/run-main.ts")});
    runMain("test", ({ signal }) => new Promise((resolve, reject) => {
      setInterval(() => {}, 1_000);
      signal.addEventListener("abort", () => process.exit(7));
      process.stdout.write("running\\n");
    }));`,
};

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "early-stops-"));
  for (const [name, text] of Object.entries(programs)) await writeFile(join(directory, `${name}.mjs`), text);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Starts a program and waits for its line. Whoever ends with a code listened: a signal that nobody listens for shows as the signal. */
async function start(name: keyof typeof programs): Promise<ChildProcess> {
  const node = [process.execPath, join(directory, `${name}.mjs`)] as const;
  const child = spawn(node[0], [node[1]], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout!, "data");
  return child;
}

describe("a stop signal", () => {
  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
  ] as const)("%s ends a program that is still loading with %i: it listens, it is not killed", async (signal, code) => {
    const child = await start("loading");
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([code, null]);
  });

  it("is the program's own once it runs", async () => {
    const child = await start("running");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([7, null]);
  });
});
