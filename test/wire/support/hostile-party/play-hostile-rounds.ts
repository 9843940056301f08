import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { INITIAL_VALUE, type WireJob } from "../wire-job.ts";
import type { HostileConfig, HostileReport } from "./hostile-config.ts";
import { startHostileParty } from "./start-hostile-party.ts";

const INCREMENT = 2 ** -10;
const LOCAL_STEPS = 4;
const HONEST = 5;
const MIB = 2 ** 20;

/** What a run showed. */
export interface HostileRun {
  readonly report: HostileReport;
  readonly committed: number;
  /** Most memory that the aggregator held, in MiB. */
  readonly peakMib: number;
}

/**
 * Five honest parties and a hostile one that takes so many steps: every round commits with all five, the model is what the closed form
 * says, and the aggregator's process is the one that was started.
 */
export async function playHostileRounds(
  job: WireJob,
  walk: Pick<HostileConfig, "seed" | "steps" | "parallel">,
): Promise<HostileRun> {
  const aggregator = await job.startAggregator({ TRIBUTARY_LOG_LEVEL: "info" });
  for (const [cluster, index] of [
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 0],
    [1, 1],
  ] as const)
    await job.addWorker(cluster, index);
  const hostile = await startHostileParty(job, { cluster: 2, index: 0, partyId: HONEST + 1 }, walk);
  await job.untilState("everybody is connected", ({ parties }) => parties.length === HONEST + 1);
  await job.openWindow({ from: 0, through: 9_999, quorum: HONEST, deadlineMs: 20_000n, localSteps: LOCAL_STEPS });
  const report = await hostile.report;
  const before = await job.state();
  await job.untilCommitted(before.committedRounds + 2, 180_000);
  await job.finish();
  const { rounds } = await (await job.operator()).listRounds({}, { timeoutMs: 10_000 });
  const state = await job.state();
  expect([aggregator.isRunning, state.failedRounds]).toEqual([true, 0]);
  const wrong = rounds.filter(
    ({ reports, participants }) => reports !== HONEST || participants.p0 !== 3 || participants.p1 !== 2,
  );
  expect(wrong).toEqual([]);
  await job.untilState("the output is written", ({ outputPending }) => !outputPending);
  const { values, round } = await job.lastModel();
  expect(round).toBe(rounds.length);
  expect(new Set(values)).toEqual(new Set([INITIAL_VALUE + rounds.length * LOCAL_STEPS * INCREMENT]));
  expect(aggregator.lines.filter(({ level }) => Number(level) >= 50 || level === "error" || level === "fatal")).toEqual(
    [],
  );
  const peakMib = peakMemoryMib(aggregator.pid);
  expect(peakMib).toBeLessThan(400);
  return { report, committed: rounds.length, peakMib };
}

function peakMemoryMib(pid: number): number {
  const kib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1];
  return Math.round((Number(kib) * 1024) / MIB);
}
