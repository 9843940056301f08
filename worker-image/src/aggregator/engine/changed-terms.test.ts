import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeMetrics, INITIAL_STEP, type MetricSegment, metricNames } from "@tributary/federated";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ParticipantConfig } from "../config/job-config.ts";
import { attemptOf, type LedgerLine, survivorsOf } from "../store/ledger-line.ts";
import {
  type JobChange,
  MemoryJob,
  type MemoryProcess,
  type ProcessOptions,
  participantOf,
  steadyReport,
} from "./testing/memory-job.ts";
import type { ReportRule } from "./testing/memory-party.ts";

const WAIT_MS = 60_000;
const UPDATE = 2 ** -9;
const TOKENS = 1e6;

let job: MemoryJob;
afterEach(() => job.destroy());

/** Every party's update is the same, and its held-out loss 4 over a million tokens. */
const losing: ReportRule = (layout, at) => {
  const [{ codings, segment }] = layout.metrics as readonly [MetricSegment];
  const values = { [metricNames.sum("validation_loss")]: 4 * TOKENS, [metricNames.count("validation_loss")]: TOKENS };
  const evaluation = encodeMetrics(codings, values, 2 ** (segment.ringBits - segment.valueBits)).values;
  return steadyReport(UPDATE)(layout, at).with(layout.updates.length, evaluation);
};

const workers = (count: number): JobChange => ({ participants: [participantOf("p", count)] });
const endsAt = (wanted: string, segments = 3): ProcessOptions => ({
  crash(point) {
    if (point === wanted && areSumsRecorded(segments)) throw new Error(`ends ${point}`);
  },
});

/** Whether the state on the disk names the sum of every segment: a point is passed once for each sum where they come apart. */
function areSumsRecorded(segments: number): boolean {
  const attempt = join(job.directory, "data/open/cohorts/1-1");
  const [state, sums] = [readFileSync(join(attempt, "machine.bin")), readdirSync(join(attempt, "sums"))];
  const digestOf = (name: string) =>
    createHash("sha256")
      .update(readFileSync(join(attempt, "sums", name)))
      .digest();
  return sums.length === segments && sums.every((name) => state.includes(digestOf(name)));
}

/** A job whose first process ended where an attempt at round 0 had a sum, and that is changed before the next one starts. */
async function changeAt(point: string, seats: number, change: JobChange): Promise<void> {
  job = await MemoryJob.create({ parties: Math.max(seats, change.participants?.[0]?.workers ?? 0), report: losing });
  job.change(workers(seats));
  const process = await job.start(endsAt(point));
  await job.openWindow(process, 0, { quorum: seats });
  expect(await process.ended).toMatchObject({ message: `ends ${point}` });
  job.change(change);
}

async function untilCommitted({ ended, engine }: MemoryProcess): Promise<void> {
  await vi.waitFor(async () => {
    expect(await Promise.race([ended, engine.view.committedRounds])).toBe(1);
  }, WAIT_MS);
}

async function firstRound(): Promise<{ line: LedgerLine; model: Float32Array }> {
  const read = (name: string) => readFile(join(job.directory, "data/rounds/000000", name));
  const model = new Float32Array(new Uint8Array((await read("objects/model.safetensors")).subarray(-64)).buffer);
  return { line: JSON.parse((await read("line.json")).toString()) as LedgerLine, model };
}

describe.each(["after-sum-durable", "before-commit"])("a job that is changed %s", (point) => {
  it.each([
    { what: "coarser first step", seats: 3, change: { initialStep: 2 ** -16 } },
    { what: "finer first step", seats: 3, change: { initialStep: 2 ** -24 } },
    { what: "seat fewer", seats: 3, change: workers(2) },
    { what: "seat more, and longer part of a metric", seats: 2, change: workers(3) },
    { what: "seat fewer, and a narrower ring", seats: 17, change: workers(16) },
    { what: "seat more, and a wider ring", seats: 16, change: workers(17) },
  ])("to a $what opens the sum as it was signed", async ({ seats, change }) => {
    await changeAt(point, seats, change);
    await untilCommitted(await job.start());
    const { line, model } = await firstRound();
    expect(line).toMatchObject({
      cohorts: [{ attempt: 1, dropOuts: 0 }],
      stepExponents: [Math.log2(INITIAL_STEP)],
      saturated: 0,
    });
    expect(line.metrics.validation_loss).toEqual({ sum: seats * 4 * TOKENS, count: seats * TOKENS });
    expect(survivorsOf(line)).toHaveLength(seats);
    expect(model).toEqual(new Float32Array(16).fill(0.5 + UPDATE));
    expect(job.lines.filter(({ msg }) => msg === "round closed empty")).toEqual([]);
  });
});

describe("a seat that is another's since the attempt was opened", () => {
  it("keeps its own trouble, and has not reported", async () => {
    const others: ParticipantConfig[] = [participantOf("p", 2), participantOf("q", 1)];
    await changeAt("before-commit", 3, { participants: others });
    const trouble = { code: "TRAINER_LOSS_NOT_FINITE", message: "the loss is NaN" } as const;
    let reported: boolean[] = [];
    const process: MemoryProcess = await job.start({
      crash(point) {
        if (point !== "before-commit") return;
        for (const party of [1, 2, 3, 4]) process.directory.setProblem(party, trouble);
        reported = [1, 2, 3].map((party) => process.engine.view.hasReported(party));
      },
    });
    await untilCommitted(process);
    await vi.waitFor(() => {
      const problems = process.directory.list().map(({ problem }) => problem);
      expect(problems).toEqual([undefined, undefined, trouble]);
    }, WAIT_MS);
    expect(reported).toEqual([true, true, false]);
    const { line } = await firstRound();
    expect(survivorsOf(line)).toEqual([0, 1, 2].map((workerIndex) => ({ participant: "p", workerIndex })));
  });
});

describe("an attempt that a former process left open", () => {
  type Papers = { terms: string; start: string } | undefined;
  it.each<{ given: string; change: (papers: NonNullable<Papers>) => Papers }>([
    { given: "without terms and start", change: () => undefined },
    { given: "with damaged terms", change: ({ terms, start }) => ({ terms: terms.slice(8), start }) },
    { given: "with a damaged start", change: ({ terms, start }) => ({ terms, start: start.slice(8) }) },
    { given: "with the start of nothing", change: ({ terms }) => ({ terms, start: "" }) },
  ])("is not gone on with $given: the next one opens", async ({ change }) => {
    await changeAt("after-sum-durable", 3, {});
    const path = join(job.directory, "data/open/cohorts/1-1/cohort.json");
    const record = JSON.parse(await readFile(path, "utf8")) as { papers: NonNullable<Papers> };
    await writeFile(path, JSON.stringify({ ...record, papers: change(record.papers) }));
    await untilCommitted(await job.start());
    const { line, model } = await firstRound();
    expect([attemptOf(line), survivorsOf(line).length]).toEqual([2, 3]);
    expect(model).toEqual(new Float32Array(16).fill(0.5 + UPDATE));
  });
});

describe("an attempt that only evaluates", () => {
  it("opens as it was signed, and the job's first step is what it is by then", async () => {
    job = await MemoryJob.create({ parties: 3, report: losingMetrics });
    const first = await job.start(endsAt("before-commit", 1));
    await job.openWindow(first, 0, { evaluateOnly: true });
    await first.ended;
    job.change({ ...workers(2), initialStep: 2 ** -16 });
    const process = await job.start();
    await vi.waitFor(async () => {
      const { window } = process.engine.view;
      expect(await Promise.race([process.ended, window === undefined && process.engine.view.round === 1])).toBe(true);
    }, WAIT_MS);
    const line = JSON.parse(await readFile(join(job.directory, "data/rounds/000000/line.json"), "utf8")) as LedgerLine;
    expect(line).toMatchObject({ outcome: "Evaluated", cohorts: [{ attempt: 1 }], nextStepExponents: [-16] });
    expect(line.metrics.validation_loss).toEqual({ sum: 12 * TOKENS, count: 3 * TOKENS });
  });
});

/** The same without an update. */
const losingMetrics: ReportRule = (planned, at) => losing(planned, at).slice(-1);
