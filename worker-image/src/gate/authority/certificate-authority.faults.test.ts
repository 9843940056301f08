import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import { openAuthority } from "./testing/open-authority.ts";

let folder: string;
beforeAll(async () => {
  folder = await trialFolder("authority-faults");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(Object.values(Fault))("a gate's new CA, %s at every call in turn", (fault) => {
  it("is made once: what was given out before is what is found afterwards", async () => {
    let trial = 0;
    const calls = await tryEveryCall(fault, async () => {
      const directory = join(folder, fault, String(trial++));
      let given: string | undefined;
      return {
        operate: async (disk) => {
          const { certificatePem } = await openAuthority(directory, "test", disk);
          given ??= certificatePem;
          expect(certificatePem).toBe(given);
        },
        check: async () => {},
        done: async (disk) => expect((await openAuthority(directory, "test", disk)).certificatePem).toBe(given),
      };
    });
    expect(calls).toBeGreaterThan(10);
  });
});
