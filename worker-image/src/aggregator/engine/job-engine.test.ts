import { execFileSync } from "node:child_process";
import { constants } from "node:fs";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { controlV1 } from "@tributary/contracts";
import { metricNames, SegmentOutcome } from "@tributary/federated";
import { type Disk, namingDisk, nodeDisk } from "@tributary/kit";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { LedgerLine } from "../store/ledger-line.ts";
import { OUTPUT_TIMEOUT_MS } from "./output-wait.ts";
import { MemoryJob, type MemoryProcess, type ProcessOptions, steadyReport } from "./testing/memory-job.ts";
import type { ReportRule } from "./testing/memory-party.ts";

const WAIT_MS = 20_000;
let job: MemoryJob;
afterEach(() => job.destroy());

const untilCommitted = ({ engine }: MemoryProcess, rounds: number) =>
  vi.waitFor(() => expect(engine.view.committedRounds).toBe(rounds), WAIT_MS);

/** A process that ends where it comes to a point for the n-th time. */
function endsAt(wanted: string, times: number): ProcessOptions {
  let left = times;
  const crash = (point: string) => {
    if (point === wanted && --left === 0) throw new Error(`ends ${point}`);
  };
  return { crash };
}

/** A disk of the ledger on which one call fails. */
function failsAt(isCall: (call: "open" | "remove", path: string) => boolean): ProcessOptions {
  let hasFailed = false;
  const check = (call: "open" | "remove", path: string) => {
    if (hasFailed || !isCall(call, path)) return;
    hasFailed = true;
    throw Object.assign(new Error("EIO: injected"), { code: "EIO" });
  };
  const disk: Disk = {
    ...nodeDisk,
    async open(path, flags, mode) {
      check("open", path);
      return nodeDisk.open(path, flags, mode);
    },
    async remove(path) {
      check("remove", path);
      await nodeDisk.remove(path);
    },
  };
  return { disk: namingDisk(disk) };
}

/** Whether the call is the sync of the ledger's folder after its n-th look: one at the start, then one after each commit. */
function syncOfRounds(times: number) {
  let left = times;
  return (call: string, path: string) => call === "open" && path.endsWith("/rounds") && --left === 0;
}

describe("a round that is in the ledger before its parties have heard", () => {
  const isOldModel = (call: string, path: string) => call === "remove" && path.endsWith("000000/objects");
  it.each([
    { given: "the first, and the process ends", options: endsAt("after-commit", 1), ends: true },
    { given: "a later one, and the process ends", options: endsAt("after-commit", 3), ends: true },
    { given: "whose sync fails", options: failsAt(syncOfRounds(3)), ends: false },
    { given: "after which an old model cannot be removed", options: failsAt(isOldModel), ends: false },
  ])("($given) is told as what it is: every input counts once", async ({ options, ends }) => {
    job = await MemoryJob.create({ parties: 2, report: steadyReport(2 ** -9) });
    let process = await job.start(options);
    await job.openWindow(process, 3);
    if (ends) {
      expect(await process.ended).toMatchObject({ message: "ends after-commit" });
      process = await job.start();
    }
    await untilCommitted(process, 4);
    for (const { told } of job.parties) {
      await vi.waitFor(() => expect(told.map(({ round }) => round)).toEqual([0, 1, 2, 3]), WAIT_MS);
      expect(new Set(told.flatMap(({ outcomes }) => outcomes))).toEqual(new Set([SegmentOutcome.Included]));
    }
    expect(process.engine.view.failedRounds).toBe(0);
    expect(job.lines.some(({ code }) => code === "STORAGE_UNAVAILABLE")).toBe(!ends);
  });
});

it("shows what comes next from the moment that a line is there", async () => {
  const shown: unknown[] = [];
  const crash = (point: string) => {
    if (point !== "after-commit") return;
    const { committedRounds, round, phase, stage } = process.engine.view;
    shown.push({ committedRounds, round, phase, stage });
  };
  job = await MemoryJob.create({ parties: 2, report: steadyReport(2 ** -9) });
  const process: MemoryProcess = await job.start({ crash });
  await job.openWindow(process, 1);
  await untilCommitted(process, 2);
  expect(shown).toEqual([
    { committedRounds: 1, round: 1, phase: "Train", stage: controlV1.Stage.SELECTING },
    { committedRounds: 2, round: 2, phase: "", stage: controlV1.Stage.IDLE },
  ]);
});

const adaptive = { name: "FedAdam", parameters: {} };

describe("an enrolled party that lies about its numbers", () => {
  it.each([
    {
      given: "claims huge updates",
      word: () => 2 ** 29,
      exponents: [-16, -12, -8, -4, -8, -12, -16, -17],
      held: [0, 1, 2, 3],
    },
    {
      given: "cancels the sizes that the two others report",
      word: (own: number) => -2 * own,
      exponents: Array.from({ length: 8 }, () => -17),
      held: [],
    },
  ])("$given: moves the step by 16 a round, not below the mean, and costs nobody a round", async (liar) => {
    const honest = steadyReport(2 ** -6);
    job = await MemoryJob.create({ parties: 3, report: honest, strategy: adaptive });
    const lying = withSizes(honest, liar.word);
    job.parties[2]!.report = (planned, at) => (at.round < 4 ? lying : honest)(planned, at);
    const process = await job.start();
    const rounds = liar.exponents.length;
    await job.openWindow(process, rounds - 1);
    await untilCommitted(process, rounds);
    const lines = await Promise.all(Array.from({ length: rounds }, (_, round) => ledgerLine(round)));
    expect(lines.map(({ nextStepExponents }) => nextStepExponents[0])).toEqual(liar.exponents);
    const told = job.lines.filter(({ msg }) => String(msg).startsWith("reported sizes of updates ask for more"));
    expect(told.flatMap(({ round }) => (Number(round) < 4 ? [round] : []))).toEqual(liar.held);
    expect(process.engine.view.failedRounds).toBe(0);
  });

  it.each([
    { given: "in one process", options: {}, ends: false },
    { given: "over a restart with the durable sum", options: endsAt("before-commit", 1), ends: true },
  ])("closes the attempt whose sum would overflow the model, and rounds go on: $given", async ({ options, ends }) => {
    const honest = steadyReport(2 ** -6);
    job = await MemoryJob.create({ parties: 3, report: honest, strategy: adaptive, initialStep: 2 ** 96 });
    job.parties[2]!.report = (planned, at) =>
      at.round + at.attempt === 1
        ? honest(planned, at).map((part, index) => (index < planned.updates.length ? part.fill(1000) : part))
        : honest(planned, at);
    let process = await job.start(options);
    await job.openWindow(process, 1);
    if (ends) {
      expect(await process.ended).toMatchObject({ message: "ends before-commit" });
      process = await job.start();
    }
    await untilCommitted(process, 2);
    expect(process.engine.view).toMatchObject({ failedRounds: 1, problem: undefined });
    const closed = job.lines.filter(({ msg }) => msg === "round closed empty");
    expect(closed).toMatchObject([{ round: 0, attempt: 1, code: "MODEL_NOT_FINITE" }]);
  });
});

describe("an output volume that hangs", () => {
  it("is told of, and rounds go on", async () => {
    job = await MemoryJob.create({ parties: 2, report: steadyReport(2 ** -9) });
    const hung = await hangOutput(join(job.directory, "output/last/round.json.tmp"));
    const process = await job.start({ isSkipped: (delayMs) => delayMs === OUTPUT_TIMEOUT_MS });
    await job.openWindow(process, 3);
    try {
      await untilCommitted(process, 4);
      expect(process.engine.view.output.problem?.message).toContain("the output volume has not answered");
    } finally {
      await hung.answer();
    }
    await vi.waitFor(
      () => expect(process.engine.view.output).toEqual({ isPending: false, problem: undefined }),
      WAIT_MS,
    );
    expect(JSON.parse(await readFile(join(job.directory, "output/last/round.json"), "utf8"))).toMatchObject({
      round: 4,
    });
  });
});

/** Has the call hang that opens a file for writing, as on a file server that is away: a pipe that nobody reads. */
async function hangOutput(path: string): Promise<{ answer: () => Promise<void> }> {
  await mkdir(join(path, ".."), { recursive: true });
  execFileSync("mkfifo", [path]);
  const other = `${path}.other`;
  await link(path, other);
  return {
    async answer() {
      // The name is gone before the call returns: the pipe never becomes a file of the volume.
      await rm(path);
      await (await open(other, constants.O_RDONLY | constants.O_NONBLOCK)).close();
    },
  };
}

/** The report with other words where it says how large the updates are. */
function withSizes(rule: ReportRule, word: (own: number) => number): ReportRule {
  return (planned, at) => {
    const report = rule(planned, at);
    const isSize = (index: number) => planned.metrics.at(-1)!.codings[index]!.name === metricNames.squaredNorm(0);
    return [...report.slice(0, -1), report.at(-1)!.map((own, index) => (isSize(index) ? word(own) : own))];
  };
}

async function ledgerLine(round: number): Promise<LedgerLine> {
  const path = join(job.directory, "data/rounds", String(round).padStart(6, "0"), "line.json");
  return JSON.parse(await readFile(path, "utf8")) as LedgerLine;
}
