import { fileURLToPath } from "node:url";
import { controlV1 } from "@tributary/contracts";
import { afterEach, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { INITIAL_VALUE, JOB_UID, WireJob } from "./support/wire-job.ts";

const INCREMENT = 2 ** -10;
const SLOW_RENAME = fileURLToPath(new URL("./support/slow-rename.mjs", import.meta.url));
let job: WireJob;
afterEach(() => job.destroy());

/** A disk on which some renames take so long that the next call comes meanwhile. */
const slowRename = (match: string) => ({
  NODE_OPTIONS: `--import ${SLOW_RENAME}`,
  TRIBUTARY_TEST_SLOW_RENAME: match,
  TRIBUTARY_TEST_SLOW_RENAME_MS: "1500",
});

const hasLine = (message: string) => () => Promise.resolve(job.aggregator.lines.some(({ msg }) => msg === message));

async function expectModel(rounds: number, steps: number): Promise<void> {
  await until("the last model is published", async () => (await job.lastModel()).round === rounds);
  const { values } = await job.lastModel();
  expect(new Set(values)).toEqual(new Set([INITIAL_VALUE + steps * INCREMENT]));
}

it("enters a window that is handed in while the one before ends", async () => {
  job = await WireJob.create({ workers: [1], values: 8 });
  await job.startAggregator(slowRename("windows.json$"));
  await job.startWorkers();
  await job.openWindow({ from: 0, through: 0 });
  await job.openWindow({ from: 1, through: 1 });
  await job.untilCommitted(2);
  await expectModel(2, 2 * 4);
});

it("opens no round for a job that is ended while one is committed, and answers once that one is in the ledger", async () => {
  job = await WireJob.create({ workers: [1], values: 8 });
  await job.startAggregator({ TRIBUTARY_LOG_LEVEL: "debug", ...slowRename("rounds/000000$") });
  await job.startWorkers();
  await job.openWindow({ from: 0, through: 0 });
  await job.openWindow({ from: 1, through: 1 });
  await until("the round's sum is there", hasLine("segment summed"));
  await job.finish();
  const ended = await job.state();
  for (const { sidecar } of job.workers) expect(await sidecar.ended).toEqual({ code: 0, signal: null });
  const after = await job.state();
  expect(after).toMatchObject({ stage: controlV1.Stage.IDLE, committedRounds: ended.committedRounds });
  expect(after.window).toBeUndefined();
  expect(job.aggregator.lines.filter(({ msg }) => msg === "round opened").map(({ round }) => round)).toEqual([0]);
});

it("keeps a running round to the terms that it was opened with, also over a restart, and gives the next one those of the new attempt", async () => {
  job = await WireJob.create({ workers: [1, 1], hyperparameters: { simulateStepMs: "400" } });
  const first = await job.startAggregator();
  await job.startWorkers();
  await job.openWindow({ from: 0, through: 3 });
  await job.untilState(
    "both train",
    ({ stage, parties }) => stage === controlV1.Stage.TRAINING && parties.length === 2,
  );
  await job.openWindow({ from: 0, through: 1, attempt: 2, localSteps: 6 });
  await first.kill();
  await job.startAggregator();
  const operator = await job.operator();
  const hand = (attempt: number, localSteps: number, through: number) => {
    const plan = { jobUid: JOB_UID, from: 0, through, attempt, quorum: 2, deadlineMs: 60_000n, localSteps };
    const convergence = { metric: "validation_loss", mode: "Min", maxRounds: 1000 };
    return operator.openWindow({ plan: { ...plan, convergence } }, { timeoutMs: 10_000 });
  };
  await until("the aggregator answers", () =>
    job.state().then(
      () => true,
      () => false,
    ),
  );
  await expect(hand(1, 4, 3)).rejects.toMatchObject({ code: "ROUND_CONFLICT" });
  expect((await hand(2, 6, 1)).state?.window).toMatchObject({ from: 0, through: 1, attempt: 2 });
  const state = await job.untilState(
    "the window is over",
    ({ window, committedRounds }) => window === undefined && committedRounds === 2,
  );
  expect(state.failedRounds).toBe(0);
  await expectModel(2, 4 + 6);
  expect((await hand(2, 6, 1)).state?.window).toBeUndefined();
});
