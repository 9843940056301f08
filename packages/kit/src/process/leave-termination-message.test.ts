import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseTerminationMessage } from "@tributary/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asTributaryError, TributaryError } from "../errors/tributary-error.ts";
import { leaveTerminationMessage } from "./leave-termination-message.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "last-words-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function lastWordsOf(error: TributaryError, isTextPublic = true) {
  const path = join(directory, "termination-log");
  await writeFile(path, "what a former process left, and longer than what comes now ".repeat(20));
  leaveTerminationMessage({ TRIBUTARY_TERMINATION_LOG: path }, { error, isTextPublic });
  return parseTerminationMessage(await readFile(path, "utf8"));
}

describe("leaveTerminationMessage", () => {
  it("leaves code, reason and sentence in place of what was there", async () => {
    const error = new TributaryError("LEDGER_CORRUPT", "round 3: line.json is missing");
    expect(await lastWordsOf(error)).toEqual({
      code: "LEDGER_CORRUPT",
      reason: "LedgerCorrupt",
      message: "round 3: line.json is missing",
    });
  });

  it("leaves the catalogue's sentence where the error's own may quote data", async () => {
    const error = new TributaryError("TRAINER_DATA_MISSING", "no sample in patients-of-dr-x.txt");
    expect((await lastWordsOf(error, false))?.message).toBe("The data set holds no usable samples.");
  });

  it("leaves the catalogue's sentence for a defect, whose text is anybody's", async () => {
    expect(await lastWordsOf(asTributaryError(new Error("bearer abc")))).toEqual({
      code: "INVARIANT_BROKEN",
      reason: "InternalError",
      message: "Internal error.",
    });
  });

  it("does nothing where no file can be written", () => {
    const error = new TributaryError("LEDGER_CORRUPT", "x");
    const env = { TRIBUTARY_TERMINATION_LOG: join(directory, "missing", "log") };
    expect(() => leaveTerminationMessage(env, { error, isTextPublic: true })).not.toThrow();
  });
});
