import { randomBytes } from "node:crypto";
import { afterEach, expect, it } from "vitest";
import { untried } from "../wire/support/hostile-party/hostile-config.ts";
import { playHostileRounds } from "../wire/support/hostile-party/play-hostile-rounds.ts";
import { WireJob } from "../wire/support/wire-job.ts";

const seed = process.env.TRIBUTARY_CHAOS_SEED ?? randomBytes(4).toString("hex");
const steps = Number(process.env.TRIBUTARY_CHAOS_STEPS ?? 20_000);
let job: WireJob;
afterEach(() => job.destroy());

it(`20,000 steps of a hostile party cost five honest ones no round, TRIBUTARY_CHAOS_SEED=${seed}`, async () => {
  job = await WireJob.create({ workers: [3, 2, 1], hyperparameters: { simulateStepMs: "20" } });
  const run = await playHostileRounds(job, { seed, steps, parallel: 16 });
  process.stderr.write(`${JSON.stringify(run)}\n`);
  expect(untried(run.report)).toEqual([]);
  expect(run.report.steps).toBe(steps);
});
