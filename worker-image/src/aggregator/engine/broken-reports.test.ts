import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { SegmentOutcome } from "@tributary/federated";
import { afterEach, describe, expect, it, vi } from "vitest";
import { attemptOf, countDropOuts, type LedgerLine, survivorsOf } from "../store/ledger-line.ts";
import { MemoryJob, type MemoryProcess, steadyReport } from "./testing/memory-job.ts";
import type { StagedSegmentFile } from "./testing/memory-party.ts";

const WAIT_MS = 60_000;
/** Segments of the two sections of metrics. */
const EVALUATION = 0xffff;
const TRAINING = 0xfffe;
let job: MemoryJob;
afterEach(() => job.destroy());

/** What the party on a seat reports everywhere: no two sets of parties have the same mean. */
const updateOf = (worker: number) => 2 ** -9 * [1, 2, 6][worker]!;

const removed = (path: string) => rm(path);
/** The size stays. */
async function damaged(path: string): Promise<void> {
  const file = await open(path, "r+");
  const { size } = await file.stat();
  await file.write(Buffer.alloc(8, 0x5a), 0, 8, size - 8);
  await file.close();
}

/** Three honest parties; the aggregator's disk breaks what one of them staged, once, in the first attempt. */
async function createJob(breaks: (path: string) => Promise<void>, segments: readonly number[]): Promise<void> {
  job = await MemoryJob.create({ parties: 3, report: steadyReport(0) });
  for (const [worker, party] of job.parties.entries()) party.report = steadyReport(updateOf(worker));
  const left = new Set(segments);
  job.parties[1]!.onStaged = async ({ path, round, attempt, segment }: StagedSegmentFile) => {
    if (round === 0 && attempt === 1 && left.delete(segment)) await breaks(path);
  };
}

async function ledgerLine(): Promise<LedgerLine> {
  return JSON.parse(await readFile(join(job.directory, "data/rounds/000000/line.json"), "utf8")) as LedgerLine;
}

/** The model of the first round is the mean of exactly these workers. */
async function expectMeanOf(workers: readonly number[]): Promise<void> {
  const bytes = await readFile(join(job.directory, "data/rounds/000000/objects/model.safetensors"));
  const sum = workers.reduce((total, worker) => total + updateOf(worker), 0);
  const want = new Float32Array(16).fill(0.5 + Math.fround(sum / workers.length));
  expect(bytes.subarray(-64)).toEqual(Buffer.from(want.buffer));
}

const expectClosedForm = (line: LedgerLine) => expectMeanOf(survivorsOf(line).map(({ workerIndex }) => workerIndex));

const untilCommitted = async ({ engine, ended }: MemoryProcess, rounds: number) => {
  await vi.waitFor(async () => {
    expect(await Promise.race([ended, engine.view.committedRounds])).toBe(rounds);
  }, WAIT_MS);
};

const problemOf = (process: MemoryProcess, worker: number) => process.directory.list()[worker]!.problem;

describe("a report that the aggregator's disk breaks before it is in a sum", () => {
  it.each([
    { name: "one file removed", breaks: removed, segments: [0] },
    { name: "one file damaged", breaks: damaged, segments: [0] },
    { name: "the metrics damaged", breaks: damaged, segments: [EVALUATION, TRAINING] },
    { name: "every file damaged", breaks: damaged, segments: [0, EVALUATION, TRAINING] },
  ])("costs its party the attempt and nobody else anything: $name", async ({ breaks, segments }) => {
    await createJob(breaks, segments);
    const seen: unknown[] = [];
    const process: MemoryProcess = await job.start({
      crash: (point) => {
        if (point === "before-commit") seen.push(problemOf(process, 1));
      },
    });
    await job.openWindow(process, 1, { quorum: 2 });
    await untilCommitted(process, 2);
    const line = await ledgerLine();
    expect([attemptOf(line), countDropOuts(line), survivorsOf(line).map(({ workerIndex }) => workerIndex)]).toEqual([
      1,
      1,
      [0, 2],
    ]);
    expect(process.engine.view).toMatchObject({ failedRounds: 0, problem: undefined });
    // The party is told by name, and by the protocol; in the next round it reports as the others do.
    expect(seen[0]).toMatchObject({ code: "REPORT_REFUSED", message: expect.stringContaining("of party 2") });
    const included = (worker: number) =>
      job.parties[worker]!.told.map(({ outcomes }) => outcomes.every((outcome) => outcome === SegmentOutcome.Included));
    await vi.waitFor(
      () =>
        expect([0, 1, 2].map(included)).toEqual([
          [true, true],
          [false, true],
          [true, true],
        ]),
      WAIT_MS,
    );
    const [update, , training] = job.parties[1]!.told[0]!.outcomes;
    expect(training).toBe(SegmentOutcome.Excluded);
    // Its update counts when its sum was announced before that of the metrics was made, and then as it was sent.
    const isIn = update === SegmentOutcome.Included;
    expect(isIn && segments.includes(0)).toBe(false);
    await expectMeanOf(isIn ? [0, 1, 2] : [0, 2]);
    expect(problemOf(process, 1)).toBeUndefined();
  });

  it.each([removed, damaged])(
    "closes the attempt empty below quorum (%o); the next one has all three",
    async (breaks) => {
      await createJob(breaks, [0]);
      const process = await job.start();
      await job.openWindow(process, 0, { quorum: 3 });
      await untilCommitted(process, 1);
      const line = await ledgerLine();
      expect([attemptOf(line), survivorsOf(line).length]).toEqual([2, 3]);
      await expectClosedForm(line);
      const closed = job.lines.filter(({ msg }) => msg === "round closed empty");
      const message = expect.stringContaining("worker 1 of p: on the aggregator's volume segment 0 of party 2");
      expect(closed).toMatchObject([{ attempt: 1, code: "QUORUM_NOT_REACHED", message }]);
      for (const { closedEmpty } of job.parties) expect(closedEmpty).toEqual([{ round: 0, attempt: 1 }]);
      expect(process.engine.view).toMatchObject({ failedRounds: 1, problem: undefined });
      expect([0, 1, 2].map((worker) => problemOf(process, worker))).toEqual([undefined, undefined, undefined]);
    },
  );

  it.each(["before-sum-durable", "after-sum-durable", "before-commit", "after-commit"])(
    "is in one line at most, with the sum that the line says, when the process ends %s",
    async (wanted) => {
      await createJob(damaged, [0]);
      let isEnded = false;
      const first = await job.start({
        crash: (point) => {
          if (point !== wanted || isEnded) return;
          isEnded = true;
          throw new Error(`ends ${wanted}`);
        },
      });
      await job.openWindow(first, 0, { quorum: 2 });
      expect(await first.ended).toMatchObject({ message: `ends ${wanted}` });
      const second = await job.start();
      await untilCommitted(second, 1);
      const line = await ledgerLine();
      expect(attemptOf(line)).toBe(1);
      // Before its segment is announced the party sends again what broke, and counts: on a slow machine other segments become durable first.
      expect(wanted === "before-sum-durable" ? [3] : [2, 3]).toContain(survivorsOf(line).length);
      await expectClosedForm(line);
      await vi.waitFor(() => {
        for (const { told } of job.parties) expect(told.map(({ round }) => round)).toEqual([0]);
      }, WAIT_MS);
    },
  );
});
