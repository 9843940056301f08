import { existsSync } from "node:fs";
import { join } from "node:path";
import { Protocol } from "@tributary/federated";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EngineDeps } from "../engine-deps.ts";
import { MemoryJob, type MemoryProcess, participantOf, steadyReport } from "../testing/memory-job.ts";
import { CohortFiles } from "./cohort-files.ts";
import { CohortRuns } from "./cohort-runs.ts";

const terms = { deadlineMs: 60_000n, localSteps: 1, evaluateOnly: false };
const reason = { code: "QUORUM_NOT_REACHED", message: "too few" } as const;
let job: MemoryJob;
let process: MemoryProcess;
let files: CohortFiles;
beforeEach(async () => {
  job = await MemoryJob.create({ parties: 4, report: steadyReport(2 ** -9) });
  process = await job.start();
  await vi.waitFor(() => expect(process.directory.list().every(({ isConnected }) => isConnected)).toBe(true));
  files = new CohortFiles(join(job.directory, "cohorts-of-the-test"));
});
afterEach(() => job.destroy());

const runsOf = (deps: EngineDeps) => new CohortRuns(deps, files, () => {});
const idsOf = (runs: CohortRuns) => runs.open.map(({ record: { setup, attempt, line } }) => [setup, attempt, line]);

/** Two cohorts side by side, which the policy of today never has: parties 1 and 2, then 3 and 4. */
async function openTwo(): Promise<CohortRuns> {
  const runs = runsOf(process.deps);
  await runs.restore();
  await runs.openCohort(0, terms, { parties: [1, 2], minSurvivors: 2 });
  await runs.openCohort(0, terms, { parties: [3, 4], minSurvivors: 1 });
  return runs;
}

describe("cohorts side by side", () => {
  it("are found by party, round and attempt, and by nothing less", async () => {
    const runs = await openTwo();
    expect(idsOf(runs)).toEqual([
      [1, 1, 0],
      [2, 2, 0],
    ]);
    const [first, second] = runs.open;
    expect([runs.find(1, 1, 1), runs.find(3, 2, 2)]).toEqual([first, second]);
    for (const [party, round, attempt] of [
      [3, 1, 1],
      [1, 2, 2],
      [1, 1, 2],
      [1, 2, 1],
      [5, 1, 1],
    ] as const)
      expect(runs.find(party, round, attempt)).toBeUndefined();
    await runs.stop();
  });

  it("are told of to their own parties alone", async () => {
    const sent: [number, number][] = [];
    const send = process.directory.send.bind(process.directory);
    process.directory.send = (party, message) => {
      sent.push([party, message.round]);
      send(party, message);
    };
    const runs = await openTwo();
    await runs.closeEmpty(runs.open[0]!, reason);
    const receivers = (round: number) => new Set(sent.filter((one) => one[1] === round).map(([party]) => party));
    expect([receivers(1), receivers(2)]).toEqual([new Set([1, 2]), new Set([3, 4])]);
    await runs.stop();
  });

  it("are all taken up by the next process, each with its own quorum", async () => {
    const runs = await openTwo();
    await runs.stop();
    const next = runsOf(process.deps);
    await next.restore();
    expect(idsOf(next)).toEqual([
      [1, 1, 0],
      [2, 2, 0],
    ]);
    expect(next.open.map(({ record }) => record.plan.quorum)).toEqual([2, 1]);
    // Ids alone: what a cohort is about is in its folder, however many are open.
    expect((await files.loadJournal()).cohorts).toEqual([
      { setup: 1, attempt: 1 },
      { setup: 2, attempt: 2 },
    ]);
    expect(next.open.every(({ isResumed }) => isResumed)).toBe(true);
    await next.stop();
  });

  it("close one by one: the other stays open, also for the next process, and each is counted once", async () => {
    const runs = await openTwo();
    await runs.closeEmpty(runs.open[0]!, reason);
    expect(idsOf(runs)).toEqual([[2, 2, 0]]);
    expect(await files.loadJournal()).toEqual({
      setup: 2,
      line: 0,
      attempt: 2,
      failed: 1,
      cohorts: [{ setup: 2, attempt: 2 }],
    });
    await runs.stop();
    const next = runsOf(process.deps);
    await next.restore();
    await next.closeEmpty(next.open[0]!, reason);
    expect([idsOf(next), next.journal.failed, next.journal.closed]).toEqual([[], 2, reason]);
  });

  it("keep their folders while they are open, and lose them when room is made for the next one", async () => {
    const runs = await openTwo();
    const [first, second] = runs.open.map(({ id }) => files.folderOf(id));
    await runs.closeEmpty(runs.open[0]!, reason);
    expect([existsSync(first!), existsSync(second!)]).toEqual([true, true]);
    await runs.makeRoom();
    await runs.openCohort(0, terms, { parties: [1], minSurvivors: 1 });
    expect([existsSync(first!), existsSync(second!)]).toEqual([false, true]);
    expect(idsOf(runs)).toEqual([
      [2, 2, 0],
      [3, 3, 0],
    ]);
    await runs.stop();
  });

  it("drop a party from the one that holds it alone", async () => {
    const runs = await openTwo();
    const [first, second] = runs.open;
    runs.dropParty(1);
    await expect(first!.run.outcome).resolves.toMatchObject({ kind: "Failed", code: "QUORUM_NOT_REACHED" });
    expect(second!.view.stage).toBe("Running");
    await runs.stop();
  });
});

describe("a cohort that was opened early", () => {
  const chosen = { parties: [1, 2, 3, 4], minSurvivors: 3 };
  /** Runs of a job with masks, one of them early, and what ends its time. */
  async function whileEarly() {
    await job.destroy();
    job = await MemoryJob.create({
      ...{ parties: 4, report: steadyReport(2 ** -9) },
      participants: [participantOf("p", 2, "clinic"), participantOf("q", 2, "lab")],
      secureAggregation: { protocol: Protocol.Masking, minOrganisations: 2, threshold: undefined, earlyKeys: true },
    });
    process = await job.start();
    await vi.waitFor(() => expect(process.directory.list().every(({ isConnected }) => isConnected)).toBe(true));
    files = new CohortFiles(join(job.directory, "cohorts-of-the-test"));
    const life = Promise.withResolvers<void>();
    const runs = runsOf({ ...process.deps, clock: { ...process.deps.clock, sleep: () => life.promise } });
    await runs.restore();
    await runs.openEarly(0, terms, chosen);
    const growOld = () => {
      life.resolve();
      return new Promise((resolve) => setImmediate(resolve));
    };
    return { runs, growOld };
  }

  it("is closed once it is too old, and no sooner", async () => {
    const { runs, growOld } = await whileEarly();
    expect(runs.find(1, 1, 1)).toBeDefined();
    await growOld();
    expect(runs.find(1, 1, 1)).toBeUndefined();
    await runs.openCohort(0, terms, chosen);
    expect(idsOf(runs)).toEqual([[2, 1, 0]]);
    await runs.stop();
  });

  it("is not closed by that once it starts, while its start is written", async () => {
    const { runs, growOld } = await whileEarly();
    const opened = runs.openCohort(0, terms, chosen);
    await growOld();
    await opened;
    expect([idsOf(runs), runs.open[0]!.hasStarted]).toEqual([[[1, 1, 0]], true]);
    await vi.waitFor(() => expect(job.parties[0]!.heard).toContain("started 1"));
    expect(job.parties[0]!.heard).toEqual(["opened 1", "started 1"]);
    await runs.stop();
  });
});
