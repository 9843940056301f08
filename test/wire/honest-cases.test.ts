import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { controlV1 } from "@tributary/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { WireJob, type WireWorker } from "./support/wire-job.ts";

let job: WireJob;
afterEach(() => job.destroy());

const WORKERS = 3;
const DEADLINE_MS = 20_000n;
type Round = { readonly outcome: string; readonly attempt: number; readonly reports: number };

async function start(hyperparameters: Record<string, string> = {}): Promise<void> {
  job = await WireJob.create({ workers: [1, 1, 1], hyperparameters });
  await job.startAggregator();
  await job.startWorkers();
  await job.untilState("all have joined", ({ parties }) => parties.length === WORKERS);
}

/** Kills the pod of a worker: its sidecar's state is gone with it. */
async function losePod(): Promise<WireWorker> {
  const lost = job.workers.pop()!;
  await Promise.all([lost.sidecar.kill(), lost.trainer.kill()]);
  return lost;
}

const replacePod = (cluster: number) => job.addWorker(cluster, 0);

/** Ends the aggregator where every survivor has been announced and signed, and has its disk lose what the sums were made of. */
async function loseAnnouncedSum(meanwhile = async () => {}): Promise<void> {
  const marker = join(job.directory, "crashed");
  const crash = { TRIBUTARY_SIMULATE_CRASH_AT: "before-commit", TRIBUTARY_SIMULATE_CRASH_MARKER: marker };
  await job.aggregator.kill();
  const process = await job.startAggregator(crash);
  await job.openWindow({ from: 0, through: 0, deadlineMs: DEADLINE_MS });
  expect(await process.ended).toEqual({ code: null, signal: "SIGKILL" });
  const cohorts = join(job.dataDirectory, "open/cohorts");
  for (const cohort of await readdir(cohorts))
    for (const folder of ["sums", "segments"]) await rm(join(cohorts, cohort, folder), { recursive: true });
  await meanwhile();
  await job.startAggregator();
}

async function untilRounds(count: number): Promise<Round[]> {
  await until("the rounds are in the ledger", async () => (await job.state()).rounds >= count, 90_000);
  const { rounds } = await (await job.operator()).listRounds({}, { timeoutMs: 5_000 });
  return rounds.map(({ outcome, attempt, reports }) => ({ outcome, attempt, reports }));
}

const evaluation = { from: 0, through: 0, attempt: 2, localSteps: 0, evaluateOnly: true, deadlineMs: DEADLINE_MS };

interface HonestCase {
  readonly given: string;
  /** What happens, from the first window to the last ledger line. */
  readonly happens: () => Promise<Round[]>;
  readonly rounds: readonly Round[];
}

const cases: readonly HonestCase[] = [
  {
    given: "a worker drops out",
    happens: async () => {
      await start({ simulateStepMs: "500" });
      await job.openWindow({ from: 0, through: 0, quorum: 2, deadlineMs: DEADLINE_MS });
      await job.untilState("the round trains", ({ stage }) => stage === controlV1.Stage.TRAINING);
      await losePod();
      await untilRounds(1);
      await replacePod(2);
      await job.openWindow({ from: 1, through: 1, deadlineMs: DEADLINE_MS });
      return untilRounds(2);
    },
    rounds: [
      { outcome: "Committed", attempt: 1, reports: 2 },
      { outcome: "Committed", attempt: 1, reports: 3 },
    ],
  },
  {
    given: "an attempt closes empty before its survivors are announced, and a pod is replaced",
    happens: async () => {
      await start({ simulateStepMs: "500" });
      await job.openWindow({ from: 0, through: 0, deadlineMs: DEADLINE_MS });
      await job.untilState("the round trains", ({ stage }) => stage === controlV1.Stage.TRAINING);
      await losePod();
      await replacePod(2);
      return untilRounds(1);
    },
    rounds: [{ outcome: "Committed", attempt: 2, reports: 3 }],
  },
  {
    given: "an attempt closes empty after its survivors are announced and signed",
    happens: async () => {
      await start();
      await loseAnnouncedSum();
      return untilRounds(1);
    },
    rounds: [{ outcome: "Committed", attempt: 2, reports: 3 }],
  },
  {
    given: "an attempt closes empty after its survivors are signed, and the next one only evaluates",
    happens: async () => {
      await start();
      await loseAnnouncedSum(async () => {
        await losePod();
      });
      await job.openWindow(evaluation);
      await replacePod(2);
      return untilRounds(1);
    },
    rounds: [{ outcome: "Evaluated", attempt: 2, reports: 3 }],
  },
  {
    given: "an attempt closes empty before its survivors are announced, and the next one only evaluates",
    happens: async () => {
      await start({ simulateStepMs: "500" });
      await job.openWindow({ from: 0, through: 0, deadlineMs: DEADLINE_MS });
      await job.untilState("the round trains", ({ stage }) => stage === controlV1.Stage.TRAINING);
      await losePod();
      await job.openWindow(evaluation);
      await replacePod(2);
      return untilRounds(1);
    },
    rounds: [{ outcome: "Evaluated", attempt: 2, reports: 3 }],
  },
  {
    given: "the hub's volume is restored from a backup, and other rounds follow",
    happens: async () => {
      await start();
      await job.openWindow({ from: 0, through: 0, deadlineMs: DEADLINE_MS });
      await untilRounds(1);
      const backup = join(job.directory, "backup");
      await job.aggregator.kill();
      await cp(job.dataDirectory, backup, { recursive: true });
      await job.startAggregator();
      await job.openWindow({ from: 1, through: 2, deadlineMs: DEADLINE_MS });
      await untilRounds(3);
      await job.aggregator.kill();
      await rm(job.dataDirectory, { recursive: true });
      await cp(backup, job.dataDirectory, { recursive: true });
      await job.startAggregator();
      await job.openWindow({ from: 1, through: 1, deadlineMs: DEADLINE_MS });
      return untilRounds(2);
    },
    rounds: [
      { outcome: "Committed", attempt: 1, reports: 3 },
      { outcome: "Committed", attempt: 1, reports: 3 },
    ],
  },
  {
    given: "a seat is four times as slow as the others",
    happens: async () => {
      job = await WireJob.create({
        workers: [1, 1, 1],
        hyperparameters: { simulateStepMs: "100" },
        ownHyperparameters: [{}, {}, { simulateStepMs: "400" }],
      });
      await job.startAggregator();
      await job.startWorkers();
      await job.openWindow({ from: 0, through: 1, deadlineMs: DEADLINE_MS });
      return untilRounds(2);
    },
    rounds: [
      { outcome: "Committed", attempt: 1, reports: 3 },
      { outcome: "Committed", attempt: 1, reports: 3 },
    ],
  },
];

describe("no worker refuses an honest hub, and the rounds are in the ledger, when", () => {
  it.each(cases)("$given", async ({ happens, rounds }) => {
    expect(await happens()).toEqual(rounds);
    const log = await readFile(job.logPath, "utf8");
    expect(log.split("\n").filter((line) => line.includes("TERMS_REFUSED"))).toEqual([]);
    for (const { sidecar } of job.workers) expect(sidecar.isRunning).toBe(true);
  });
});
