import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { INITIAL_VALUE, WireJob } from "./support/wire-job.ts";

const INCREMENT = 2 ** -10;
const LOCAL_STEPS = 4;
let job: WireJob;
afterEach(() => job.destroy());

/** The outside witness: a lost or doubled commit shows as another value. */
async function expectClosedForm(rounds: number): Promise<void> {
  await until("the last model is published", async () => (await job.lastModel()).round === rounds);
  const { values } = await job.lastModel();
  expect(new Set(values)).toEqual(new Set([INITIAL_VALUE + rounds * LOCAL_STEPS * INCREMENT]));
}

function crashAt(point: string): Record<string, string> {
  return {
    TRIBUTARY_SIMULATE_CRASH_AT: point,
    TRIBUTARY_SIMULATE_CRASH_MARKER: join(job.directory, `crashed-${point}`),
  };
}

const ROUNDS = 3;
/** A model of five update segments, the last of five values. */
const FIVE_SEGMENTS = 2 ** 22 + 5;
/** Where a sidecar keeps what quantising left over of the first segment, as float32. */
const LEFT_OVER = "volume/residuals/0.f32";
/** A model whose segments are more than a sidecar sends at once. */
const NINE_SEGMENTS = 9 * 2 ** 20;

describe("kill -9 of the aggregator", () => {
  it.each([
    ["before-sum-durable", 1_000],
    ["after-sum-durable", 1_000],
    ["before-commit", 1_000],
    ["after-commit", 1_000],
    ["before-sum-durable@3", FIVE_SEGMENTS],
    ["after-sum-durable@3", FIVE_SEGMENTS],
    ["before-commit", FIVE_SEGMENTS],
  ])("%s of a model of %i values: no round is lost and none is doubled", async (point, values) => {
    job = await WireJob.create({ workers: [1, 1], values });
    const first = await job.startAggregator(crashAt(point));
    await job.startWorkers();
    await job.openWindow({ from: 0, through: ROUNDS - 1 });
    expect(await first.ended).toEqual({ code: null, signal: "SIGKILL" });
    await job.startAggregator(crashAt(point));
    const state = await job.untilCommitted(ROUNDS);
    expect(state.committedRounds).toBe(ROUNDS);
    await expectClosedForm(ROUNDS);
  });
});

describe("what quantising leaves over", () => {
  // No multiple of any step: every round leaves something over, most of all the first, whose step is a coarse one.
  const UNEVEN = 0.0021;
  const VALUES = 1_000;

  /** The model and what the workers still hold back of it: together what was trained, unless something was lost or is sent twice. */
  async function modelAndLeftOver(): Promise<number[]> {
    const { values } = await job.lastModel();
    const held = await Promise.all(job.workers.map(({ directory }) => readFile(join(directory, LEFT_OVER))));
    return [...values].map((value, index) => {
      const mean = held.reduce((sum, bytes) => sum + bytes.readFloatLE(4 * index), 0) / held.length;
      return value + mean;
    });
  }

  it.each(["after-commit", "after-commit@2", "before-commit@2"])(
    "is sent once, and not lost, when the aggregator is killed %s",
    async (point) => {
      const jobConfig = () => ({ communication: { initialStep: "2^-12" } });
      const hyperparameters = { increment: String(UNEVEN) };
      job = await WireJob.create({ workers: [1, 1], values: VALUES, hyperparameters, jobConfig });
      const first = await job.startAggregator(crashAt(point));
      await job.startWorkers();
      await job.openWindow({ from: 0, through: ROUNDS - 1 });
      expect(await first.ended).toEqual({ code: null, signal: "SIGKILL" });
      await job.startAggregator(crashAt(point));
      await job.untilCommitted(ROUNDS);
      await until("the last model is published", async () => (await job.lastModel()).round === ROUNDS);
      const want = INITIAL_VALUE + ROUNDS * LOCAL_STEPS * UNEVEN;
      // The workers settle the last round on their own time; float32 takes a few units of 2^-24.
      await until("model and what is left over are what was trained", async () => {
        const found = await modelAndLeftOver();
        return found.length === VALUES && found.every((value) => Math.abs(value - want) < 1e-6);
      });
    },
  );
});

describe("kill -9 of a worker between two segments", () => {
  it("counts in those that were closed before, and in no other", async () => {
    job = await WireJob.create({ workers: [1, 1], values: NINE_SEGMENTS });
    await job.startAggregator({ TRIBUTARY_LOG_LEVEL: "debug" });
    await job.startWorkers((worker) => (worker === 0 ? crashAt("after-upload@7") : {}));
    await job.openWindow({ from: 0, through: 0, quorum: 1 });
    const [lost] = job.workers.splice(0, 1);
    expect(await lost!.sidecar.ended).toEqual({ code: null, signal: "SIGKILL" });
    await lost!.trainer.kill();
    await job.addWorker(0, 0);
    await job.untilCommitted(1);
    const { rounds } = await (await job.operator()).listRounds({}, { timeoutMs: 5_000 });
    expect(rounds).toMatchObject([{ reports: 1, dropOuts: 1, participants: { p1: 1 } }]);
    const summed = job.aggregator.lines.filter(({ msg }) => msg === "segment summed").map(({ parties }) => parties);
    expect(new Set(summed)).toEqual(new Set([1, 2]));
    await expectClosedForm(1);
  });
});

describe("kill -9 of everything", () => {
  it("between the durable sum and its announcement: successors of the workers do the round again", async () => {
    job = await WireJob.create({ workers: [1, 1] });
    const first = await job.startAggregator(crashAt("after-sum-durable"));
    await job.startWorkers();
    await job.openWindow({ from: 0, through: ROUNDS - 1 });
    expect(await first.ended).toEqual({ code: null, signal: "SIGKILL" });
    const lost = job.workers.splice(0, 2);
    await Promise.all(lost.flatMap(({ sidecar, trainer }) => [sidecar.kill(), trainer.kill()]));
    await job.startAggregator(crashAt("after-sum-durable"));
    for (const cluster of [0, 1]) await job.addWorker(cluster, 0);
    const state = await job.untilCommitted(ROUNDS);
    expect(state.failedRounds).toBe(1);
    await expectClosedForm(ROUNDS);
  });
});

describe("kill -9 of a sidecar", () => {
  it.each(["before-report-durable", "after-report-durable", "during-upload", "after-upload"])(
    "%s: the restarted sidecar finishes its round",
    async (point) => {
      job = await WireJob.create({ workers: [1, 1], values: 100_000 });
      await job.startAggregator();
      await job.startWorkers((worker) => (worker === 0 ? crashAt(point) : {}));
      await job.openWindow({ from: 0, through: ROUNDS - 1 });
      const worker = job.workers[0]!;
      expect(await worker.sidecar.ended).toEqual({ code: null, signal: "SIGKILL" });
      worker.sidecar = await job.startSidecar(worker, crashAt(point));
      const state = await job.untilCommitted(ROUNDS);
      expect(state.failedRounds).toBe(0);
      await expectClosedForm(ROUNDS);
      if (point !== "after-upload") return;
      // What was whole is not sent again.
      const { rounds } = await (await job.operator()).listRounds({}, { timeoutMs: 5_000 });
      expect(rounds[0]!.bytesUp).toBe(rounds[1]!.bytesUp);
    },
  );

  it("and of its whole pod: the new worker joins another attempt", async () => {
    job = await WireJob.create({ workers: [1, 1], hyperparameters: { simulateStepMs: "500" } });
    await job.startAggregator();
    await job.startWorkers();
    await job.openWindow({ from: 0, through: 1 });
    await job.untilState("both train", ({ stage, parties }) => stage === 4 && parties.length === 2);
    const [lost] = job.workers.splice(0, 1);
    await Promise.all([lost!.sidecar.kill(), lost!.trainer.kill()]);
    await job.addWorker(0, 0);
    const state = await job.untilCommitted(2);
    expect(state.failedRounds).toBe(1);
    await expectClosedForm(2);
  });
});

describe("kill -9 of a trainer", () => {
  it("in mid-round: a restarted trainer does the same task", async () => {
    job = await WireJob.create({ workers: [1, 1], hyperparameters: { simulateStepMs: "500" } });
    await job.startAggregator();
    await job.startWorkers();
    await job.openWindow({ from: 0, through: 1 });
    await job.untilState("both train", ({ stage, parties }) => stage === 4 && parties.length === 2);
    const worker = job.workers[0]!;
    await until("the trainer has its task", () => worker.sidecar.lines.some(({ msg }) => msg === "task is done"));
    await worker.trainer.kill();
    worker.trainer = await job.startTrainer(worker);
    await job.untilCommitted(2);
    await expectClosedForm(2);
  });

  it("for good: its worker says so and quorum goes on without it", async () => {
    job = await WireJob.create({ workers: [1, 1], hyperparameters: { simulateStepMs: "500" } });
    await job.startAggregator();
    await job.startWorkers();
    await job.openWindow({ from: 0, through: 0, quorum: 1 });
    await job.untilState("both train", ({ stage, parties }) => stage === 4 && parties.length === 2);
    await job.workers[0]!.trainer.kill();
    const state = await job.untilCommitted(1);
    expect(state.parties.map(({ problemCode }) => problemCode)).toEqual(["TRAINER_LOST", ""]);
    const { rounds } = await (await job.operator()).listRounds({}, { timeoutMs: 5_000 });
    expect(rounds).toMatchObject([{ reports: 1, dropOuts: 1, participants: { p1: 1 } }]);
    await expectClosedForm(1);
  });
});
