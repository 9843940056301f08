import { join } from "node:path";
import type { controlV1 } from "@tributary/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { onSmallVolume, SmallVolume, whyNoSmallVolumes } from "./support/small-volume.ts";
import { INITIAL_VALUE, WireJob } from "./support/wire-job.ts";

const INCREMENT = 2 ** -10;
const LOCAL_STEPS = 4;
const VALUES = 100_000;
/** Room for what a job of this model keeps at once, and half as much again. */
const DATA_BYTES = 4 * 2 ** 20;
let job: WireJob;
afterEach(() => job?.destroy());

/** The outside witness: a lost or doubled commit shows as another value. */
async function expectClosedForm(rounds: number): Promise<void> {
  await until("the last model is published", async () => (await job.lastModel()).round === rounds);
  const { values } = await job.lastModel();
  expect(new Set(values)).toEqual(new Set([INITIAL_VALUE + rounds * LOCAL_STEPS * INCREMENT]));
}

/** Fills a volume, also what its user frees meanwhile, until the state says so. */
function untilFull(
  volume: SmallVolume,
  codeOf: (state: controlV1.AggregatorState) => string | undefined,
): Promise<controlV1.AggregatorState> {
  return until(
    "the volume is full and somebody says so",
    async () => {
      await volume.fill();
      const state = await job.state();
      return codeOf(state) === "STORAGE_FULL" ? state : undefined;
    },
    90_000,
  );
}

function problemOf(participant: string, { parties }: controlV1.AggregatorState): string | undefined {
  return parties.find((party) => party.participant === participant)?.problemCode;
}

const why = whyNoSmallVolumes();

describe.skipIf(why !== undefined)(`a full volume of the aggregator ${why ?? ""}`, () => {
  it("is named with its remedy, loses nothing, and rounds go on by themselves once there is room", async () => {
    job = await WireJob.create({ workers: [1, 1], values: VALUES, hyperparameters: { simulateStepMs: "20" } });
    const within = onSmallVolume(job.dataDirectory, DATA_BYTES);
    const { pid } = await job.startAggregator({ HOSTNAME: "job-aggregator-0" }, within);
    await job.startWorkers();
    await job.openWindow({ from: 0, through: 99 });
    const volume = new SmallVolume(pid, job.dataDirectory);
    let committed = 0;
    for (let time = 0; time < 3; time++) {
      await job.untilCommitted(committed + 2);
      const full = await untilFull(volume, ({ problemCode }) => problemCode);
      expect(full.problemMessage).toMatch(
        /^claim data-job-aggregator-0 of the job's aggregator, .* is full: .*; enlarge the claim .*; rounds go on once there is room$/u,
      );
      await volume.free();
      committed = full.committedRounds;
    }
    const state = await job.untilState("rounds went on and all is well", (now) => {
      return now.committedRounds >= committed + 2 && now.problemCode === "";
    });
    expect(job.aggregator.isRunning).toBe(true);
    await job.aggregator.stop();
    expect(state.parties.map(({ problemCode }) => problemCode)).toEqual(["", ""]);
    const { round } = await job.lastModel();
    expect(round).toBeGreaterThanOrEqual(state.committedRounds);
    await expectClosedForm(round);
  });
});

describe.skipIf(why !== undefined)(`a full volume of one worker ${why ?? ""}`, () => {
  it.each(["volume", "memory"] as const)(
    "(%s) drops it out by name; the others' rounds commit, and it comes back once there is room",
    async (name) => {
      job = await WireJob.create({ workers: [1, 1], values: VALUES, hyperparameters: { simulateStepMs: "20" } });
      await job.startAggregator();
      const worker = await job.addWorker(0, 0, {}, { name, sizeBytes: name === "volume" ? DATA_BYTES : 256 * 1024 });
      await job.addWorker(1, 0);
      await job.openWindow({ from: 0, through: 999, quorum: 1, deadlineMs: 600_000n });
      await job.untilCommitted(2);
      const volume = new SmallVolume(worker.sidecar.pid, join(worker.directory, name));
      const full = await untilFull(volume, (state) => problemOf("p0", state));
      expect(full.parties.find(({ participant }) => participant === "p0")?.problemMessage).toContain(
        name === "volume" ? "that sidecar and trainer of this worker share" : "the sidecar's memory volume",
      );
      expect(problemOf("p1", full)).toBe("");
      await job.untilCommitted(full.committedRounds + 2);
      const alone = await (await job.operator()).listRounds(
        { from: full.committedRounds + 1, limit: 1 },
        { timeoutMs: 5_000 },
      );
      expect(alone.rounds[0]).toMatchObject({ participants: { p1: 1 } });
      await volume.free();
      await job.untilState(
        "the worker reports again",
        (state) => problemOf("p0", state) === "" && state.parties.length === 2,
      );
      expect(worker.sidecar.isRunning).toBe(true);
      await job.aggregator.stop();
      const { round } = await job.lastModel();
      await expectClosedForm(round);
    },
  );
});
