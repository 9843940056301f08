import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { startProgram } from "../wire/support/running-process.ts";
import { SIMULATED_CONFIG_VARIABLE, type SimulatedConfig } from "../wire/support/simulated-parties/simulated-config.ts";
import { WireJob } from "../wire/support/wire-job.ts";

const PARTIES = 100;
const ROUNDS = 3;
/** A report of 1 MiB and a little. */
const VALUES = 400_000;
const MAX_MIB = 400;
let job: WireJob;
afterEach(() => job.destroy());

it("100 simulated parties report 1 MiB each in one round: the aggregator holds at most 400 MiB", async () => {
  job = await WireJob.create({ workers: [PARTIES], values: VALUES });
  const aggregator = await job.startAggregator({ TRIBUTARY_LOG_LEVEL: "info" });
  const identities = await Promise.all(Array.from({ length: PARTIES }, (_, index) => job.issueWorker(0, index)));
  const config: SimulatedConfig = { ...job.links, identities };
  const path = join(job.directory, "simulated.json");
  await writeFile(path, JSON.stringify(config));
  const env = { [SIMULATED_CONFIG_VARIABLE]: path };
  const parties = await startProgram("simulated-parties", { name: "simulated parties", env, logPath: job.logPath });
  await job.untilState("all are connected", (state) => state.parties.length === PARTIES, 300_000);
  await metricsOf(job);
  await job.openWindow({ from: 0, through: ROUNDS - 1, deadlineMs: 300_000n });
  await job.untilCommitted(ROUNDS, 600_000);
  const metrics = await metricsOf(job);
  const peakMib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${aggregator.pid}/status`, "utf8"))![1]) / 1024;
  const lag = metrics.split("\n").filter((line) => /^nodejs_eventloop_lag_(max|p99|mean)_seconds/.test(line));
  process.stderr.write(`${JSON.stringify({ peakMib: Math.round(peakMib), lag })}\n`);
  const { rounds } = await (await job.operator()).listRounds({}, { timeoutMs: 10_000 });
  expect(rounds.map(({ reports, bytesUp }) => [reports, Number(bytesUp) >= PARTIES * 2 ** 20])).toEqual(
    Array.from({ length: ROUNDS }, () => [PARTIES, true]),
  );
  expect(peakMib).toBeLessThan(MAX_MIB);
  await job.finish();
  expect(await parties.ended).toEqual({ code: 0, signal: null });
});

/** The aggregator's series; what they say of the loop is of the time since they were read last. */
async function metricsOf({ ports }: WireJob): Promise<string> {
  return (await fetch(`http://127.0.0.1:${ports.healthPort}/metrics`)).text();
}
