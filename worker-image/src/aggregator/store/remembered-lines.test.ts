import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { encodeLedgerLine, type LedgerLine } from "./ledger-line.ts";
import { type RememberedLine, RememberedLines } from "./remembered-lines.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const digest = "0123456789abcdef".repeat(4);
const WORKERS = 256;

function aLine(round: number): LedgerLine {
  const survivors = Array.from({ length: WORKERS }, (_, workerIndex) => ({ participant: "hospital", workerIndex }));
  const segments = Array.from(
    { length: 17 },
    (_, id) => [id, { survivors: "ff".repeat(32), sumSha256: digest }] as const,
  );
  const digests = { setupSha256: digest, termsSha256: digest, startSha256: digest, planSha256: digest };
  const roster = survivors.map(({ workerIndex }) => workerIndex);
  const cohort = { round, attempt: 1, baseRound: round, weight: 1, roster, survivors, dropOuts: 0, ...digests };
  const cohorts = [{ ...cohort, segments: Object.fromEntries(segments) }];
  return { version: 2, round, previous: digest, cohorts, stepExponents: [-20], metrics: {} } as unknown as LedgerLine;
}

/** A line as a restarted process reads it: nothing in it is shared with another. */
const read = (round: number) => JSON.parse(Buffer.from(encodeLedgerLine(aLine(round))).toString()) as LedgerLine;

it("hold of a line what is asked of it, and each worker's name once", () => {
  const lines = new RememberedLines();
  const [first, second] = [lines.remember(read(0)), lines.remember(read(1))];
  expect(first.cohorts).toEqual([{ round: 0, attempt: 1, survivors: aLine(0).cohorts[0]!.survivors, dropOuts: 0 }]);
  expect(first).not.toHaveProperty("stepExponents");
  expect(second.cohorts[0]!.survivors[7]).toBe(first.cohorts[0]!.survivors[7]);
});

it("take less than 5 kB a line of a job of 256 workers and 17 segments, where the file takes some 20", () => {
  const lines = new RememberedLines();
  const held: RememberedLine[] = [];
  const before = heapBytes();
  for (let round = 0; round < 500; round++) held.push(lines.remember(read(round)));
  const each = (heapBytes() - before) / held.length;
  expect(encodeLedgerLine(aLine(0)).length).toBeGreaterThan(10_000);
  expect(each).toBeLessThan(5_000);
});

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
