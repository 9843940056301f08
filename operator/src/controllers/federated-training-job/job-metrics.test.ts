import { Registry } from "@tributary/kit";
import { expect, it } from "vitest";
import { registerJobMetrics } from "./job-metrics.ts";
import { aJob, withConditions } from "./testing/a-snapshot.ts";

const waiting = (reason: string) =>
  withConditions(aJob(), { type: "Progressing", status: "False", reason, message: "x" });

it("counts jobs by condition and reason, forgets those that are gone, and bounds what a reason may be", async () => {
  let jobs = [waiting("UnmaskSpent"), waiting("UnmaskSpent"), waiting("said by somebody's trainer"), aJob()];
  const registry = new Registry();
  registerJobMetrics(registry, () => jobs);
  const series = async () => (await registry.metrics()).split("\n").filter((line) => line.startsWith("tributary_"));
  expect(await series()).toEqual([
    'tributary_job_conditions{condition="Progressing",status="False",reason="UnmaskSpent"} 2',
    'tributary_job_conditions{condition="Progressing",status="False",reason="Other"} 1',
  ]);
  jobs = [];
  expect(await series()).toEqual([]);
});
