import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { WireJob } from "./support/wire-job.ts";

const MINUTES_MS = 60_000;
const SHIFT_CLOCK = fileURLToPath(new URL("./support/shift-clock.mjs", import.meta.url));
let job: WireJob;
afterEach(() => job.destroy());

const shifted = (ms: number) => ({
  NODE_OPTIONS: `--import ${SHIFT_CLOCK}`,
  TRIBUTARY_TEST_CLOCK_SHIFT_MS: String(ms),
});

/** Offsets as the aggregator shows them, rounded to what a loaded machine can tell. */
async function shownOffsets(): Promise<number[]> {
  const { parties } = await job.state();
  return parties.map(({ clockOffsetMs }) => Math.round(Number(clockOffsetMs) / MINUTES_MS) + 0);
}

it("trains with workers whose clocks are ten minutes ahead and behind, and says so", async () => {
  job = await WireJob.create({ workers: [1, 1, 1], hyperparameters: { simulateStepMs: "20" } });
  await job.startAggregator();
  const offsets = [10 * MINUTES_MS, -10 * MINUTES_MS, 0];
  await job.startWorkers((worker) => shifted(offsets[worker]!));
  await job.openWindow({ from: 0, through: 2, deadlineMs: 20_000n });
  const state = await job.untilCommitted(3);
  expect(state.failedRounds).toBe(0);
  const { rounds } = await (await job.operator()).listRounds({}, { timeoutMs: 5_000 });
  expect(rounds.map(({ reports, dropOuts }) => [reports, dropOuts])).toEqual([
    [3, 0],
    [3, 0],
    [3, 0],
  ]);
  expect(await shownOffsets()).toEqual([10, -10, 0]);
});

it.each([-10, 10])(
  "goes on after the aggregator came back on a machine whose clock is %i minutes off",
  async (minutes) => {
    job = await WireJob.create({ workers: [1, 1], hyperparameters: { simulateStepMs: "100" } });
    const first = await job.startAggregator();
    await job.startWorkers();
    await job.openWindow({ from: 0, through: 2, deadlineMs: 20_000n });
    await job.untilCommitted(1);
    await first.kill();
    await job.startAggregator(shifted(minutes * MINUTES_MS));
    await job.untilCommitted(3);
    expect(await shownOffsets()).toEqual([-minutes, -minutes]);
  },
);
