import { rm } from "node:fs/promises";
import { join } from "node:path";
import { readFileIfPresent, writeFileDurably } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, trialFolder, tryEveryCall } from "./testing/faulty-disk.ts";

let folder: string;
beforeAll(async () => {
  folder = await trialFolder("durable-faults");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(Object.values(Fault))("a file that is replaced durably, %s at every call in turn", (fault) => {
  it("holds the old bytes or the new, and takes the new ones afterwards", async () => {
    let trial = 0;
    const calls = await tryEveryCall(fault, async () => {
      const path = join(folder, fault, String(trial++), "deep/state.bin");
      const read = async () => (await readFileIfPresent(path))?.toString();
      let isWritten = false;
      return {
        operate: async (disk) => {
          if ((await read()) === undefined) await writeFileDurably(path, "old", 0o600, disk);
          isWritten = true;
          await writeFileDurably(path, "new", 0o600, disk);
        },
        check: async () => expect(isWritten ? ["old", "new"] : [undefined, "old"]).toContain(await read()),
        done: async () => expect(await read()).toBe("new"),
      };
    });
    expect(calls).toBeGreaterThan(15);
  });
});
