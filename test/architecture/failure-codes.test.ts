import { readFileSync } from "node:fs";
import { join } from "node:path";
import { partyFailureCode, taskFailureCode } from "@tributary/worker-image";
import { describe, expect, it } from "vitest";
import { readSources, repositoryRoot } from "./sources.ts";

/** What ends a trainer's process or its connection, and no task. */
const ENDS_TRAINER = new Set(["TRAINER_SIDECAR_LOST"]);
/** What the sidecar tries again for as long as the round is open, or ends with as a process: no report of a round fails by it. */
const ENDS_NO_REPORT = new Set([
  "AGGREGATOR_UNREACHABLE",
  "AGGREGATOR_OUTDATED",
  "SIDECAR_STATE_LOST",
  "CONFIGURATION_INVALID",
]);

/** Codes of the errors that the sources of these folders make. */
function codesOf(...folders: string[]): string[] {
  const texts = readSources(folders).map(({ text }) => text);
  return thrownIn(texts.join("\n"), /new TributaryError\(\s*"([A-Z_]+)"/gu);
}

function thrownIn(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1]!))].sort();
}

/** Codes of a task that the shipped trainers end. */
function codesOfTrainers(): string[] {
  const python = readFileSync(join(repositoryRoot, "worker-image/trainers/python/trainer.py"), "utf8");
  const own = codesOf("worker-image/src/trainer", "worker-image/src/adapters", "worker-image/src/shared/gguf");
  const codes = new Set([...own, ...thrownIn(python, /TaskFailed\("([A-Z_]+)"/gu)]);
  return [...codes].filter((code) => !ENDS_TRAINER.has(code));
}

describe("a code that a trainer of this repository ends a task with", () => {
  const codes = codesOfTrainers();
  it("is found in its sources", () => expect(codes).toContain("TRAINER_LOSS_NOT_FINITE"));
  it.each(codes)("reaches the aggregator as it is: %s", (code) => {
    expect([taskFailureCode(code), partyFailureCode(code)]).toEqual([code, code]);
  });
});

describe("a code that a sidecar's round ends with", () => {
  const folders = ["round", "trainer", "wire"].map((folder) => `worker-image/src/sidecar/${folder}`);
  const codes = codesOf(...folders, "worker-image/src/shared/terms", "worker-image/src/shared/files");
  const told = codes.filter((code) => !ENDS_NO_REPORT.has(code));
  it("is found in its sources", () => expect(codes).toEqual(expect.arrayContaining([...ENDS_NO_REPORT])));
  it.each(told)("is on the list of what a party may tell: %s", (code) => expect(partyFailureCode(code)).toBe(code));
});
