import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { LedgerLine } from "../store/ledger-line.ts";
import { Cohort } from "./cohorts/cohort.ts";
import { CohortFiles } from "./cohorts/cohort-files.ts";
import { CohortRuns } from "./cohorts/cohort-runs.ts";
import { RoundCommit } from "./commit/commit-round.ts";
import { MemoryJob, type MemoryProcess, participantOf, steadyReport } from "./testing/memory-job.ts";

const WAIT_MS = 60_000;
let job: MemoryJob;
afterEach(async () => {
  vi.restoreAllMocks();
  await job.destroy();
});

const create = async (parties: number) => {
  job = await MemoryJob.create({ parties, report: steadyReport(2 ** -9) });
};
const untilCommitted = ({ engine }: MemoryProcess, rounds: number) =>
  vi.waitFor(() => expect(engine.view.committedRounds).toBe(rounds), WAIT_MS);
const untilIdle = ({ engine }: MemoryProcess) => vi.waitFor(() => expect(engine.view.window).toBeUndefined(), WAIT_MS);
const lineOf = async (round: number) =>
  JSON.parse(await readFile(join(job.directory, `data/rounds/00000${round}/line.json`), "utf8")) as LedgerLine;

describe("a window that asks for more workers than the job has", () => {
  it("is told of and waited with, and the loop of the process turns", async () => {
    await create(3);
    for (const party of job.parties) party.kinds = [];
    const first = await job.start();
    await job.openWindow(first, 0, { quorum: 3 });
    await first.stop();
    for (const party of job.parties) party.kinds = ["Evaluate", "Train"];
    job.change({ participants: [participantOf("p", 2)] });
    const second = await job.start();
    const { directory, engine } = second;
    const list = directory.list.bind(directory);
    let looks = 0;
    directory.list = () => {
      if (++looks > 1_000) throw new Error(`${looks} looks at the seats`);
      return list();
    };
    await vi.waitFor(() => expect(engine.view.problem?.code).toBe("QUORUM_NOT_REACHED"), WAIT_MS);
    await job.openWindow(second, 0, { quorum: 2, attempt: 2 });
    await untilCommitted(second, 1);
    expect(looks).toBeLessThan(500);
  });
});

describe("a worker that goes while the files of the round before are removed", () => {
  it("is not in the next round", async () => {
    await create(3);
    const process = await job.start();
    await job.openWindow(process, 0, { quorum: 2 });
    await untilCommitted(process, 1);
    await untilIdle(process);
    const keepOnly = CohortFiles.prototype.keepOnly;
    vi.spyOn(CohortFiles.prototype, "keepOnly").mockImplementationOnce(async function (this: CohortFiles, ids) {
      await keepOnly.call(this, ids);
      process.endStream(3);
    });
    await job.openWindow(process, 1, { from: 1, quorum: 2 });
    await untilCommitted(process, 2);
    expect((await lineOf(1)).cohorts[0]!.roster).toEqual([1, 2]);
  });
});

describe("what comes while the loop closes what it does not need", () => {
  const SOON_MS = 10_000;
  /** A job without a window, whose loop meets `event` after it looked and before it waits. */
  async function meet(event: (process: MemoryProcess) => unknown): Promise<MemoryProcess> {
    await create(2);
    const process = await job.start();
    await untilQuiet(process);
    const isMet = Promise.withResolvers<void>();
    const dropEarly = CohortRuns.prototype.dropEarly;
    vi.spyOn(CohortRuns.prototype, "dropEarly").mockImplementationOnce(async function (this: CohortRuns) {
      await dropEarly.call(this);
      await event(process);
      isMet.resolve();
    });
    process.engine.feed.changed();
    await isMet.promise;
    return process;
  }

  it("is a window: it opens without another change", async () => {
    const process = await meet((met) => job.openWindow(met, 0));
    await vi.waitFor(() => expect(process.engine.view.committedRounds).toBe(1), SOON_MS);
  });

  it("is the end of the process: nothing else is waited for", async () => {
    let isOver = false;
    const process = await meet((met) => {
      void met.stop().then(() => (isOver = true));
    });
    await vi.waitFor(() => expect(isOver).toBe(true), SOON_MS);
    await process.ended;
  });
});

describe("a journal that is lost", () => {
  it("takes no number of a setup again that the ledger knows of", async () => {
    await create(2);
    const first = await job.start();
    await job.openWindow(first, 1);
    await untilCommitted(first, 2);
    await first.stop();
    await rm(join(job.directory, "data/open/cohorts.json"));
    const second = await job.start({ isLastSetupUnknown: true });
    await job.openWindow(second, 2, { from: 2 });
    await untilCommitted(second, 3);
    const setups = await Promise.all([0, 1, 2].map(async (round) => (await lineOf(round)).cohorts[0]!.round));
    expect(setups).toEqual([1, 2, 3]);
  });
});

describe("a cohort that a former process left, without a window", () => {
  it("steps no model and holds no file once the job is finished", async () => {
    await create(2);
    const first = await job.start({
      crash: (point) => {
        if (point === "after-sum-durable") throw new Error("ends");
      },
    });
    await job.openWindow(first, 0);
    await first.ended;
    await rm(join(job.directory, "data/open/windows.json"));
    const opened = vi.spyOn(Cohort.prototype, "segmentOpened");
    const stepped = vi.spyOn(RoundCommit.prototype, "segmentOpened");
    const second = await job.start();
    // Its parties are told of it, and answer: its sums are open.
    await vi.waitFor(() => expect(opened).toHaveBeenCalled(), WAIT_MS);
    expect(stepped).not.toHaveBeenCalled();
    expect(existsSync(join(job.directory, "data/rounds/000000.tmp"))).toBe(false);
    await second.engine.finishJob("Stopped");
    await vi.waitFor(() => expect(openFiles()).toEqual([]), 5_000);
  });
});

describe("what a version before kept of its attempts", () => {
  it("goes when the next process takes up what is there", async () => {
    await create(2);
    const open = join(job.directory, "data/open");
    await mkdir(open, { recursive: true });
    for (const name of ["attempt.json", "attempt-0-7"]) await writeFile(join(open, name), "{}");
    const process = await job.start();
    await job.openWindow(process, 0);
    await untilCommitted(process, 1);
    expect(readdirSync(open).filter((name) => name.startsWith("attempt"))).toEqual([]);
  });
});

/** Waits until every worker is there and nothing changes any more. */
async function untilQuiet({ directory, engine }: MemoryProcess): Promise<void> {
  let seen = -1;
  await vi.waitFor(() => {
    const before = seen;
    seen = engine.feed.revision;
    expect([directory.list().every(({ isConnected }) => isConnected), seen]).toEqual([true, before]);
  }, WAIT_MS);
}

/** Files of the job that this process holds open. */
function openFiles(): string[] {
  const paths = readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  return paths.filter((path) => path.startsWith(job.directory));
}
