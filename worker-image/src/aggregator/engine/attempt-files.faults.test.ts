import { rm } from "node:fs/promises";
import { join } from "node:path";
import { nodeDisk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, trialFolder, tryEveryCall } from "../../shared/files/testing/faulty-disk.ts";
import { AttemptFiles, noAttempt } from "./attempt-files.ts";

const closed = { code: "MODEL_NOT_FINITE", message: "it would overflow" } as const;
let folder: string;
let trials = 0;
beforeAll(async () => {
  folder = await trialFolder("attempt-files-faults");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(Object.values(Fault))("the record of an attempt that closes empty, %s at every call in turn", (fault) => {
  it("says both that it is closed and that it is counted, or neither", async () => {
    const calls = await tryEveryCall(fault, async () => {
      const directory = join(folder, String(trials++));
      await nodeDisk.mkdir(directory);
      await new AttemptFiles(directory).save({ ...noAttempt, attempt: 1 });
      const left = async () => {
        const record = await new AttemptFiles(directory).load();
        return [record.attempt, record.failed, record.closed];
      };
      return {
        operate: async (disk) => {
          const files = new AttemptFiles(directory, disk);
          const record = await files.load();
          if (record.closed === undefined) await files.save({ ...record, failed: record.failed + 1, closed });
        },
        check: async () =>
          expect([
            [1, 0, undefined],
            [1, 1, closed],
          ]).toContainEqual(await left()),
        done: async () => expect(await left()).toEqual([1, 1, closed]),
      };
    });
    expect(calls).toBeGreaterThan(5);
  });
});
