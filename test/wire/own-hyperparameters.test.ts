import { afterEach, expect, it } from "vitest";
import { INITIAL_VALUE, WireJob } from "./support/wire-job.ts";

const INCREMENT = 2 ** -10;
let job: WireJob;
afterEach(() => job.destroy());

it("trains each participant's workers by their own hyperparameters, and the mean is the closed form", async () => {
  const hyperparameters = { increment: String(INCREMENT), simulateStepMs: "1" };
  job = await WireJob.create({
    workers: [1, 1, 2],
    hyperparameters,
    ownHyperparameters: [{}, { increment: String(4 * INCREMENT) }],
  });
  await job.startAggregator();
  await job.startWorkers();
  await job.openWindow({ from: 0, through: 1, quorum: 4 });
  expect(await job.untilCommitted(2)).toMatchObject({ failedRounds: 0 });
  await job.untilState("the output is written", ({ outputPending }) => !outputPending);
  const { values } = await job.lastModel();
  const mean = (3 * INCREMENT + 4 * INCREMENT) / 4;
  expect(new Set(values)).toEqual(new Set([INITIAL_VALUE + 2 * 4 * mean]));
});

it("goes on by the same terms after the aggregator and a worker began anew", async () => {
  job = await WireJob.create({ workers: [1, 1], ownHyperparameters: [{}, { increment: String(4 * INCREMENT) }] });
  await job.startAggregator();
  await job.startWorkers();
  await job.openWindow({ from: 0, through: 0, quorum: 2 });
  await job.untilCommitted(1);
  await job.aggregator.kill();
  await job.startAggregator();
  await job.workers[1]!.sidecar.kill();
  job.workers[1]!.sidecar = await job.startSidecar(job.workers[1]!);
  await job.openWindow({ from: 1, through: 1, quorum: 2 });
  expect(await job.untilCommitted(2)).toMatchObject({ failedRounds: 0 });
  await job.untilState("the output is written", ({ outputPending }) => !outputPending);
  const { values } = await job.lastModel();
  expect(new Set(values)).toEqual(new Set([INITIAL_VALUE + (2 * 4 * (INCREMENT + 4 * INCREMENT)) / 2]));
});
