import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { CohortJournal } from "./cohorts/cohort-records.ts";
import { MemoryJob, type MemoryProcess, steadyReport } from "./testing/memory-job.ts";

const WAIT_MS = 60_000;
let job: MemoryJob;
afterEach(() => job.destroy());

/** A job whose first attempt has a sum that would overflow the model, so that it closes empty however often it is taken up. */
async function createOverflowing(): Promise<void> {
  const honest = steadyReport(2 ** -6);
  const strategy = { name: "FedAdam", parameters: {} };
  job = await MemoryJob.create({ parties: 2, report: honest, strategy, initialStep: 2 ** 96 });
  job.parties[1]!.report = (planned, at) => {
    const isFirst = at.round === 0 && at.attempt === 1;
    return honest(planned, at).map((part, index) =>
      isFirst && index < planned.updates.length ? part.fill(1000) : part,
    );
  };
}

async function recorded(): Promise<CohortJournal> {
  return JSON.parse(await readFile(join(job.directory, "data/open/cohorts.json"), "utf8")) as CohortJournal;
}

const closings = () => job.lines.filter(({ msg }) => msg === "round closed empty").map(({ attempt }) => attempt);

type Stop = (process: MemoryProcess) => void;
const kill: Stop = () => {
  throw new Error("killed");
};
const stop: Stop = (process) => void process.stop();

describe("an attempt that closes empty, in a process that ends", () => {
  it.each<[string, string, Stop, number]>([
    ["before it is remembered", "before-close", kill, 0],
    ["once it is remembered, before anybody is told", "after-close", kill, 1],
    ["in its back-off", "after-close", stop, 1],
  ])("%s: is counted once, and told once at most", async (_when, wanted, end, counted) => {
    await createOverflowing();
    const first: MemoryProcess = await job.start({
      crash: (point) => {
        if (point === wanted) end(first);
      },
    });
    await job.openWindow(first, 0);
    await first.ended;
    const left = await recorded();
    expect([left.attempt, left.failed, left.closed?.code]).toEqual([
      1,
      counted,
      counted ? "MODEL_NOT_FINITE" : undefined,
    ]);
    const seen: unknown[] = [];
    const second: MemoryProcess = await job.start({
      crash: (point) => {
        if (point === "before-sum-durable") seen.push(second.engine.view.problem?.code);
      },
    });
    await vi.waitFor(async () => {
      expect(await Promise.race([second.ended, second.engine.view.committedRounds])).toBe(1);
    }, WAIT_MS);
    expect(second.engine.view).toMatchObject({ failedRounds: 1, attempt: 2 });
    // What it closed for stays to be seen until the round is committed, as in one process.
    expect(new Set(seen)).toEqual(new Set(["MODEL_NOT_FINITE"]));
    expect(await recorded()).toMatchObject({ attempt: 2, failed: 1 });
    await second.stop();
    const third = await job.start();
    await vi.waitFor(() => expect(third.engine.view.round).toBe(1), WAIT_MS);
    expect(third.engine.view.problem).toBeUndefined();
    const isTold = wanted === "before-close" || end === stop;
    expect([closings().length, job.parties[0]!.closedEmpty]).toEqual(
      isTold ? [1, [{ round: 0, attempt: 1 }]] : [0, []],
    );
  });

  it("in the attempt after it: why it closed is still seen", async () => {
    await createOverflowing();
    let passed = 0;
    const first: MemoryProcess = await job.start({
      crash: (point) => {
        if (point === "before-sum-durable" && ++passed === 2) kill(first);
      },
    });
    await job.openWindow(first, 0);
    await first.ended;
    expect(await recorded()).toMatchObject({ attempt: 2, failed: 1, closed: { code: "MODEL_NOT_FINITE" } });
    const seen: unknown[] = [];
    const second: MemoryProcess = await job.start({
      crash: (point) => {
        if (point === "before-commit") seen.push(second.engine.view.problem?.code);
      },
    });
    await vi.waitFor(() => expect(second.engine.view.committedRounds).toBe(1), WAIT_MS);
    expect([seen, second.engine.view.problem]).toEqual([["MODEL_NOT_FINITE"], undefined]);
  });

  it("is not taken up by a process that finds another window, or none", async () => {
    await createOverflowing();
    const first: MemoryProcess = await job.start({
      crash: (point) => {
        if (point === "after-close") stop(first);
      },
    });
    await job.openWindow(first, 0);
    await first.ended;
    const second = await job.start();
    await second.engine.finishJob("Aborted");
    await second.stop();
    const third = await job.start();
    await third.stop();
    expect([await recorded(), third.engine.view]).toMatchObject([
      { failed: 1 },
      { failedRounds: 1, problem: undefined },
    ]);
    expect(closings()).toEqual([1]);
  });
});
