import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { trainerV1 } from "@tributary/contracts";
import { createLogger } from "@tributary/kit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { requireSuccess } from "./task-success.ts";

type Success = MessageInitShape<typeof trainerV1.TaskSuccessSchema>;
const disclosure = trainerV1.Disclosure.SUM_ONLY;
const task = { id: "round-0/Train", localSteps: 4, outputs: [{ name: "model", path: "tasks/x", disclosure }] };
const made = { name: "model", path: "tasks/x" };

let volumeDirectory: string;
let lines: string[];
beforeEach(async () => {
  volumeDirectory = await mkdtemp(join(tmpdir(), "task-success-"));
  lines = [];
});
afterEach(() => rm(volumeDirectory, { recursive: true, force: true }));

function check(success: Success) {
  const log = createLogger("test", "info", { write: (line: string) => void lines.push(line) });
  return requireSuccess(task, create(trainerV1.TaskSuccessSchema, success), { log, volumeDirectory });
}

describe("requireSuccess", () => {
  it("takes every fact of the contract, and gives back those alone that say nothing of data", async () => {
    const facts = { steps: 4, samples: 2 ** 53 - 1, stepSeconds: 0.25, stepSum: 4e-3, localStepNorm: 1.5 };
    expect(await check({ outputs: [made], facts })).toEqual({ steps: 4, stepSeconds: 0.25 });
    expect(await check({})).toEqual({});
    expect(await check({ outputs: [{ ...made, disclosure }] })).toEqual({});
  });

  it.each([
    { facts: { steps: 5 }, says: "fact steps is out of its bounds, must be a whole number from 0 to 4" },
    { facts: { steps: 1.5 }, says: "fact steps is out of its bounds, must be a whole number from 0 to 4" },
    {
      facts: { stepSeconds: Number.NaN },
      says: "fact stepSeconds is out of its bounds, must be a finite number, not negative",
    },
    {
      facts: { stepSeconds: -1 },
      says: "fact stepSeconds is out of its bounds, must be a finite number, not negative",
    },
    {
      facts: { stepSum: Number.POSITIVE_INFINITY },
      says: "fact stepSum is out of its bounds, must be a finite number",
    },
    { facts: { samples: 40.5 }, says: "fact samples is out of its bounds, must be a whole number from 0 to" },
    { facts: { localStepNorm: -3 }, says: "fact localStepNorm is out of its bounds, must be a finite number" },
  ])("refuses a fact that cannot be: $says", async ({ facts, says }) => {
    await expect(check({ facts })).rejects.toMatchObject({
      code: "MESSAGE_INVALID",
      message: expect.stringContaining(`task round-0/Train: ${says}`),
    });
  });

  it("refuses facts of other names, which stay in its own log, and there not without end", async () => {
    const facts = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`${at} patient Jane Roe `.repeat(99), at]));
    await expect(check({ facts: { steps: 1, ...facts } })).rejects.toMatchObject({
      code: "MESSAGE_INVALID",
      message:
        "task round-0/Train: 50 of its facts have another name than steps, samples, stepSeconds, stepSum, localStepNorm. The log of the worker's sidecar has them.",
    });
    expect(lines.join("")).toContain("patient Jane Roe");
    expect(lines.join("").length).toBeLessThan(1_500);
  });

  it.each([
    { success: { endsLoop: true }, says: "ends_loop is true, must be false" },
    { success: { outputs: [{ ...made, name: "Jane Roe" }] }, says: "a tensor set of another name, must be model" },
    { success: { outputs: [{ ...made, path: "Jane Roe" }] }, says: "set model has another path, must be tasks/x" },
    {
      success: { outputs: [{ ...made, disclosure: trainerV1.Disclosure.KEPT }] },
      says: "model has the disclosure KEPT, must be SUM_ONLY, or left out",
    },
    { success: { outputs: [{ ...made, toRole: "Roe" }] }, says: "model has to_role, must have none" },
    { success: { outputs: [{ ...made, fromParticipant: "Roe" }] }, says: "model has from_participant, must have none" },
    { success: { outputs: [{ ...made, toParticipant: "Roe" }] }, says: "model has to_participant, must have none" },
    {
      success: { outputs: [{ ...made, indexSha256: Uint8Array.of(1) }] },
      says: "model has index_sha256, must have none",
    },
  ])("refuses what the task did not ask for, or the contract reserves: $says", async ({ success, says }) => {
    await expect(check(success)).rejects.toMatchObject({
      code: "MESSAGE_INVALID",
      message: expect.stringMatching(new RegExp(`^task round-0/Train: (?!.*(Jane|Roe)).*${says}`, "u")),
    });
  });

  it("holds a file to the digest that its trainer tells, where it tells one", async () => {
    await writeFile(join(volumeDirectory, "x"), "made");
    const inRoot = { ...task, outputs: [{ name: "model", path: "x", disclosure }] };
    const around = { log: createLogger("test", "silent"), volumeDirectory };
    const told = (text: string) =>
      create(trainerV1.TaskSuccessSchema, {
        outputs: [{ name: "model", path: "x", sha256: createHash("sha256").update(text).digest() }],
      });
    expect(await requireSuccess(inRoot, told("made"), around)).toEqual({});
    await expect(requireSuccess(inRoot, told("other"), around)).rejects.toMatchObject({ code: "CHECKSUM_MISMATCH" });
  });
});
