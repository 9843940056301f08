import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CohortFiles } from "./cohort-files.ts";
import type { CohortJournal, CohortRecord } from "./cohort-records.ts";

const id = { setup: 3, attempt: 2 };
const journal: CohortJournal = { setup: 3, line: 1, attempt: 2, failed: 4, cohorts: [id] };
const record: CohortRecord = {
  ...{ ...id, line: 1, startedMs: 7, parties: {} },
  plan: { quorum: 1, deadlineMs: 1000, localSteps: 1, evaluateOnly: false },
  papers: { terms: "", start: "" },
};
let directory: string;
let files: CohortFiles;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "cohort-records-"));
  files = new CohortFiles(directory);
  await mkdir(files.folderOf(id), { recursive: true });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The same without one of its fields, field by field. */
function lacking(value: object): readonly [string, object][] {
  return Object.keys(value).map((name) => [`lacks ${name}`, { ...value, [name]: undefined }]);
}

describe("a file of cohorts is read as it was written", () => {
  it("whole", async () => {
    const closed = { code: "QUORUM_NOT_REACHED", message: "too few" } as const;
    const spent = { line: 1, parties: [{ participant: "aws", workerIndex: 2 }], threshold: 3 };
    await files.saveJournal({ ...journal, closed, spent });
    await files.writeRecord(record);
    expect(await files.loadAnnounced(id)).toBeUndefined();
    await files.keepAnnounced(id, spent);
    expect(await files.loadAnnounced(id)).toEqual(spent);
    expect([await files.loadJournal(), await files.loadRecord(id)]).toEqual([{ ...journal, closed, spent }, record]);
    for (const isOlder of [false, true]) {
      await files.keepRecord(record, isOlder);
      expect(await files.loadRecord(id)).toEqual(record);
    }
  });

  it.each<[string, unknown]>([
    ...lacking(journal),
    ["is a list", []],
    ["counts by text", { ...journal, setup: "7" }],
    ["counts backwards", { ...journal, failed: -1 }],
    ["names a cohort by half", { ...journal, cohorts: [{ setup: 1 }] }],
    ["names no cohort", { ...journal, cohorts: [null] }],
    ["closed without a cause", { ...journal, closed: {} }],
    ["spent a sum of nobody", { ...journal, spent: { line: 1 } }],
    ["spent a sum of no threshold", { ...journal, spent: { line: 1, parties: [], threshold: "3" } }],
    ["spent a sum of no seat", { ...journal, spent: { line: 1, parties: [{ participant: "aws" }] } }],
  ])("and a journal that %s is named", async (_what, stored) => {
    await writeFile(join(directory, "cohorts.json"), JSON.stringify(stored));
    await expect(files.loadJournal()).rejects.toMatchObject({
      code: "LEDGER_CORRUPT",
      message: expect.stringContaining("cohorts.json"),
    });
  });

  it("and an announced sum of nobody is named: nobody knows then who may repeat it", async () => {
    await writeFile(join(files.folderOf(id), "announced.json"), JSON.stringify({ line: 1 }));
    await expect(files.loadAnnounced(id)).rejects.toMatchObject({
      code: "LEDGER_CORRUPT",
      message: expect.stringContaining("announced.json"),
    });
  });

  it.each<[string, unknown]>([
    ...lacking(record),
    ...lacking(record.plan).map(([what, plan]) => [`${what} of its plan`, { ...record, plan }] as [string, unknown]),
    ["has no parties", { ...record, parties: null }],
    ["lacks its start", { ...record, papers: { terms: "" } }],
    ["is another cohort's", { ...record, setup: 4 }],
    ["is a list", []],
  ])("and a record that %s is none", async (_what, stored) => {
    await writeFile(join(files.folderOf(id), "cohort.json"), JSON.stringify(stored));
    expect(await files.loadRecord(id)).toBeUndefined();
  });

  it("and half a record is none", async () => {
    await writeFile(join(files.folderOf(id), "cohort.json"), JSON.stringify(record).slice(0, 40));
    expect(await files.loadRecord(id)).toBeUndefined();
  });
});
