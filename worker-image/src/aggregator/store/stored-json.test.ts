import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CohortFiles } from "../engine/cohorts/cohort-files.ts";
import { WindowsFile } from "../engine/windows/windows-file.ts";
import { readStoredJson } from "./stored-json.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "stored-json-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe.each(["", "{", '{"round":1', "null", "7", "\0\0\0\0"])(
  "a file of the data directory that holds %j",
  (text) => {
    it.each([
      ["pin.json", () => readStoredJson(join(directory, "pin.json"))],
      ["cohorts.json", () => new CohortFiles(directory).loadJournal()],
      ["windows.json", () => new WindowsFile(directory).load()],
    ])("is named: %s", async (name, load) => {
      await writeFile(join(directory, name), text);
      await expect(load()).rejects.toMatchObject({
        code: "LEDGER_CORRUPT",
        message: expect.stringContaining(join(directory, name)),
      });
    });
  },
);

it("a file that is not there is none", async () => {
  expect(await readStoredJson(join(directory, "none.json"))).toBeUndefined();
});
