import { afterEach, expect, it } from "vitest";
import { INITIAL_VALUE, WireJob } from "./support/wire-job.ts";

const INCREMENT = 2 ** -10;
let job: WireJob;
afterEach(() => job.destroy());

it("runs windows of rounds by itself and adds exactly what the closed form says", async () => {
  job = await WireJob.create({ workers: [1, 1] });
  await job.startAggregator();
  expect((await job.state()).phase).toBe("");
  await job.openWindow({ from: 0, through: 2 });
  expect((await job.state()).phase).toBe("Train");
  await job.startWorkers();
  await job.openWindow({ from: 3, through: 4 });
  const state = await job.untilCommitted(5);
  expect(state).toMatchObject({ failedRounds: 0, phase: "" });
  await job.untilState("the output is written", ({ outputPending }) => !outputPending);
  const { values, round } = await job.lastModel();
  expect(round).toBe(5);
  expect(values.length).toBe(1000);
  expect(new Set(values)).toEqual(new Set([INITIAL_VALUE + 5 * 4 * INCREMENT]));
  const { rounds } = await (await job.operator()).listRounds({}, { timeoutMs: 5_000 });
  expect(rounds.map(({ round, reports, outcome, phase }) => ({ round, reports, outcome, phase }))).toEqual(
    [0, 1, 2, 3, 4].map((round) => ({ round, reports: 2, outcome: "Committed", phase: "Train" })),
  );
  // Metrics of a round describe the model that it started from.
  expect(rounds.map(({ metrics }) => Number(metrics.validation_loss))).toEqual(
    [0, 1, 2, 3, 4].map((round) => 1 - INITIAL_VALUE - round * 4 * INCREMENT),
  );
  await job.finish();
  for (const { sidecar, trainer } of job.workers) {
    expect(await sidecar.ended).toEqual({ code: 0, signal: null });
    expect(await trainer.ended).toEqual({ code: 0, signal: null });
  }
});
