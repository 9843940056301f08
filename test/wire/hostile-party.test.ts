import { randomBytes } from "node:crypto";
import { afterEach, expect, it } from "vitest";
import { untried } from "./support/hostile-party/hostile-config.ts";
import { playHostileRounds } from "./support/hostile-party/play-hostile-rounds.ts";
import { WireJob } from "./support/wire-job.ts";

const seed = process.env.TRIBUTARY_CHAOS_SEED ?? randomBytes(4).toString("hex");
let job: WireJob;
afterEach(() => job.destroy());

it(`five honest parties commit every round beside a hostile one, TRIBUTARY_CHAOS_SEED=${seed}`, async () => {
  job = await WireJob.create({ workers: [3, 2, 1], hyperparameters: { simulateStepMs: "20" } });
  const { report, committed } = await playHostileRounds(job, { seed, steps: 1_500, parallel: 6 });
  expect(untried(report)).toEqual([]);
  expect(committed).toBeGreaterThan(2);
}, 300_000);
