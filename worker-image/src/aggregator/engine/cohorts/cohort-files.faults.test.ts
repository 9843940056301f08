import { rm } from "node:fs/promises";
import { join } from "node:path";
import { nodeDisk } from "@tributary/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault, trialFolder, tryEveryCall } from "../../../shared/files/testing/faulty-disk.ts";
import { CohortFiles } from "./cohort-files.ts";
import { emptyJournal } from "./cohort-records.ts";

const id = { setup: 1, attempt: 1 };
const closed = { code: "MODEL_NOT_FINITE", message: "it would overflow" } as const;
let folder: string;
let trials = 0;
beforeAll(async () => {
  folder = await trialFolder("cohort-files-faults");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(Object.values(Fault))("the journal of a cohort that closes empty, %s at every call in turn", (fault) => {
  it("says both that it is closed and that it is counted, or neither", async () => {
    const calls = await tryEveryCall(fault, async () => {
      const directory = join(folder, String(trials++));
      await nodeDisk.mkdir(directory);
      await new CohortFiles(directory).saveJournal({ ...emptyJournal, attempt: 1, cohorts: [id] });
      const left = async () => {
        const journal = await new CohortFiles(directory).loadJournal();
        return [journal.cohorts, journal.failed, journal.closed];
      };
      return {
        operate: async (disk) => {
          const files = new CohortFiles(directory, disk);
          const journal = await files.loadJournal();
          if (journal.closed !== undefined) return;
          await files.saveJournal({ ...journal, failed: journal.failed + 1, cohorts: [], closed });
        },
        check: async () =>
          expect([
            [[id], 0, undefined],
            [[], 1, closed],
          ]).toContainEqual(await left()),
        done: async () => expect(await left()).toEqual([[], 1, closed]),
      };
    });
    expect(calls).toBeGreaterThan(5);
  });
});
