import { readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { MessageType, Protocol } from "@tributary/federated";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { LedgerLine } from "../store/ledger-line.ts";
import { UNMASK_TIMEOUT_MS } from "./cohorts/await-outcome.ts";
import type { CohortJournal } from "./cohorts/cohort-records.ts";
import { MemoryJob, type MemoryProcess, participantOf, steadyReport } from "./testing/memory-job.ts";

const WAIT_MS = 60_000;
/** The exchanges of keys and shares take an eighth of it each, however soon they are done. */
const deadlineMs = 16_000n;
const jobs: MemoryJob[] = [];
afterEach(async () => {
  for (const job of jobs.splice(0)) await job.destroy();
});

const clinicAndLab = [participantOf("p", 2, "clinic"), participantOf("q", 2, "lab")];

/** A masked job of four workers, of whom three open a sum. */
async function createJob(parties = 4): Promise<MemoryJob> {
  const job = await MemoryJob.create({
    parties,
    report: (planned, at) => steadyReport(2 ** -9)(planned, at),
    participants: clinicAndLab,
    secureAggregation: { protocol: Protocol.Masking, minOrganisations: 2, threshold: undefined, earlyKeys: true },
  });
  jobs.push(job);
  return job;
}

/** A process that waits for an announced sum no longer than a test does, once. */
function start(job: MemoryJob): Promise<MemoryProcess> {
  let skipped = 0;
  return job.start({ isSkipped: (delayMs) => delayMs === UNMASK_TIMEOUT_MS && skipped++ === 0 });
}

function withhold(job: MemoryJob, type: number, ...parties: readonly number[]): void {
  for (const party of parties) job.parties[party - 1]!.unsent.add(type);
}
function comeBack(job: MemoryJob, process: MemoryProcess, party: number): void {
  job.parties[party - 1]!.unsent.clear();
  process.endStream(party);
  process.join(job.parties[party - 1]!);
}
const untilParked = (process: MemoryProcess) =>
  vi.waitFor(() => expect(process.engine.view.problem?.code).toBe("UNMASK_SPENT"), WAIT_MS);
const untilCommitted = ({ engine }: MemoryProcess) =>
  vi.waitFor(() => expect(engine.view.committedRounds).toBe(1), WAIT_MS);
async function lineOf(job: MemoryJob): Promise<LedgerLine> {
  return JSON.parse(await readFile(join(job.directory, "data/rounds/000000/line.json"), "utf8")) as LedgerLine;
}
async function journalOf(job: MemoryJob): Promise<CohortJournal> {
  return JSON.parse(await readFile(join(job.directory, "data/open/cohorts.json"), "utf8")) as CohortJournal;
}

async function undisturbedModel(): Promise<string> {
  const job = await createJob();
  const process = await start(job);
  await job.openWindow(process, 0, { deadlineMs });
  await untilCommitted(process);
  return (await lineOf(job)).objects.model!;
}

describe("a masked sum that was announced and that too few can open", () => {
  it.each([
    ["signatures", MessageType.Consistency],
    ["answers", MessageType.UnmaskAnswer],
  ])(
    "waits for %s, names who could give them, and is committed by the same attempt when one is back",
    async (_, type) => {
      const job = await createJob();
      const process = await start(job);
      withhold(job, type, 2, 3);
      await job.openWindow(process, 0, { deadlineMs });
      await untilParked(process);
      expect(process.engine.view.problem?.message).toBe(
        "a sum is announced and cannot be opened without the word of one worker more, of: worker 1 of p (silent), worker 0 of q (silent); the round ends when they are back",
      );
      expect([process.engine.view.committedRounds, process.engine.view.failedRounds]).toEqual([0, 0]);
      comeBack(job, process, 3);
      await untilCommitted(process);
      const line = await lineOf(job);
      expect(line.cohorts[0]).toMatchObject({ attempt: 1, dropOuts: 0 });
      expect(line.objects.model).toBe(await undisturbedModel());
      expect(process.engine.view.problem).toBeUndefined();
    },
  );

  it("waits on in the next process", async () => {
    const job = await createJob();
    const first = await start(job);
    withhold(job, MessageType.UnmaskAnswer, 2, 3);
    await job.openWindow(first, 0, { deadlineMs });
    await untilParked(first);
    await first.stop();
    const second = await start(job);
    await untilParked(second);
    comeBack(job, second, 2);
    await untilCommitted(second);
    expect((await lineOf(job)).cohorts[0]).toMatchObject({ attempt: 1, dropOuts: 0 });
  });

  it("is given up once the secrets of too many are gone, and is repeated by the same workers and nobody else", async () => {
    const job = await createJob();
    const process = await start(job);
    withhold(job, MessageType.UnmaskAnswer, 2, 3);
    await job.openWindow(process, 0, { deadlineMs, quorum: 3 });
    await untilParked(process);
    process.endStream(4);
    for (const party of [2, 3]) job.replacePod(process, party);
    await vi.waitFor(async () => expect((await journalOf(job)).failed).toBe(1), WAIT_MS);
    expect((await journalOf(job)).spent).toEqual({
      line: 0,
      threshold: 3,
      parties: [0, 1]
        .flatMap((workerIndex) => ["p", "q"].map((participant) => ({ participant, workerIndex })))
        .sort(byName),
    });
    // Three are there, which is quorum; on this start the fourth must be there too.
    await vi.waitFor(
      () => expect(process.engine.view.problem?.message).toMatch(/^the sum of 4 workers was announced and not opened/u),
      WAIT_MS,
    );
    expect(process.engine.view.problem).toMatchObject({ code: "UNMASK_SPENT" });
    expect(process.engine.view.spent).toHaveLength(4);
    expect((await journalOf(job)).attempt).toBe(1);
    process.join(job.parties[3]!);
    await untilCommitted(process);
    expect(process.engine.view.spent).toEqual([]);
    const line = await lineOf(job);
    expect(line.cohorts[0]).toMatchObject({ attempt: 2, dropOuts: 0 });
    expect(line.cohorts[0]!.survivors).toHaveLength(4);
  });

  it.each([
    ["the machine's state", (folder: string) => truncate(join(folder, "machine.bin"), 40)],
    ["the record", (folder: string) => truncate(join(folder, "cohort.json"), 40)],
    [
      "sums and reports",
      (folder: string) => Promise.all(["sums", "segments"].map((name) => rm(join(folder, name), { recursive: true }))),
    ],
  ])(
    "ends by its code when the disk damages %s, and is repeated by the same workers and nobody else",
    async (_, damage) => {
      const job = await createJob();
      const first = await start(job);
      withhold(job, MessageType.UnmaskAnswer, 2, 3);
      await job.openWindow(first, 0, { deadlineMs, quorum: 3 });
      await untilParked(first);
      await first.stop();
      await damage(join(job.directory, "data/open/cohorts/1-1"));
      for (const party of job.parties) party.unsent.clear();
      const second = await start(job);
      second.endStream(4);
      await vi.waitFor(
        () =>
          expect(second.engine.view.problem?.message).toMatch(/^the sum of 4 workers was announced and not opened/u),
        WAIT_MS,
      );
      expect(await journalOf(job)).toMatchObject({
        attempt: 1,
        failed: 1,
        cohorts: [],
        closed: { code: "SUM_DAMAGED" },
      });
      expect((await journalOf(job)).spent?.parties).toHaveLength(4);
      second.join(job.parties[3]!);
      await untilCommitted(second);
      const line = await lineOf(job);
      expect(line.cohorts[0]).toMatchObject({ attempt: 2, dropOuts: 0 });
      expect(line.cohorts[0]!.survivors).toHaveLength(4);
    },
  );

  it("is repeated by the same workers, with the threshold that it had, by a job of twice as many seats", async () => {
    const job = await createJob(8);
    const first = await start(job);
    withhold(job, MessageType.UnmaskAnswer, 2, 3);
    await job.openWindow(first, 0, { deadlineMs, quorum: 3 });
    await untilParked(first);
    first.endStream(4);
    for (const party of [2, 3]) job.replacePod(first, party);
    await vi.waitFor(async () => expect((await journalOf(job)).failed).toBe(1), WAIT_MS);
    await first.stop();
    job.change({ participants: [...clinicAndLab, participantOf("r", 4, "bank")] });
    const second = await start(job);
    await untilCommitted(second);
    const line = await lineOf(job);
    expect(line.cohorts[0]).toMatchObject({ attempt: 2, dropOuts: 0 });
    expect(line.cohorts[0]!.survivors.map(({ participant }) => participant).sort()).toEqual(["p", "p", "q", "q"]);
  });

  it("binds the next process too, and names a worker that has no seat any more", async () => {
    const job = await createJob();
    const first = await start(job);
    withhold(job, MessageType.UnmaskAnswer, 2, 3);
    await job.openWindow(first, 0, { deadlineMs, quorum: 3 });
    await untilParked(first);
    first.endStream(4);
    for (const party of [2, 3]) job.replacePod(first, party);
    await vi.waitFor(async () => expect((await journalOf(job)).failed).toBe(1), WAIT_MS);
    await first.stop();
    job.change({ participants: [participantOf("p", 2, "clinic"), participantOf("q", 1, "lab")] });
    const second = await start(job);
    await vi.waitFor(() => expect(second.engine.view.problem?.code).toBe("UNMASK_LOST"), WAIT_MS);
    expect(second.engine.view.problem?.message).toContain("without a seat in the job: worker 1 of q");
    expect(second.engine.view.spent).toContainEqual({ participant: "q", workerIndex: 1 });
    expect(second.engine.view.committedRounds).toBe(0);
  });
});

function byName(
  a: { readonly participant: string; readonly workerIndex: number },
  b: { readonly participant: string; readonly workerIndex: number },
): number {
  return a.participant < b.participant ? -1 : a.participant > b.participant ? 1 : a.workerIndex - b.workerIndex;
}
