import { afterEach, expect, it } from "vitest";
import { until } from "../support/until.ts";
import type { RunningProcess } from "./support/running-process.ts";
import { INITIAL_VALUE, WireJob, type WireWorker } from "./support/wire-job.ts";

const LOCAL_STEPS = 4;
const INCREMENT = 2 ** -10;
/** Far shorter than the eight seconds of a training, in which a trainer calls nobody. */
const IMPATIENT = { TRIBUTARY_TRAINER_TIMEOUT_MS: "3000" };
let job: WireJob;
afterEach(() => job.destroy());

const count = ({ lines }: RunningProcess, line: Record<string, unknown>) =>
  lines.filter((found) => Object.entries(line).every(([name, value]) => found[name] === value)).length;

/** Two workers whose trainers have just begun to train. */
async function startTraining(): Promise<[WireWorker, WireWorker]> {
  job = await WireJob.create({ workers: [1, 1], hyperparameters: { simulateStepMs: "2000" } });
  await job.startAggregator();
  await job.startWorkers(() => IMPATIENT);
  const [first, second] = job.workers as [WireWorker, WireWorker];
  await until("the trainers are there", () =>
    job.workers.every(({ sidecar }) => count(sidecar, { msg: "trainer registers" }) > 0),
  );
  await job.openWindow({ from: 0, through: 0 });
  await until("both train", () => job.workers.every(({ sidecar }) => count(sidecar, { msg: "task is done" }) === 1));
  return [first, second];
}

/** The round is committed, exactly once, and the trainer of `worker` trained once for it. */
async function expectTrainedOnce({ trainer }: WireWorker): Promise<void> {
  await job.untilCommitted(1);
  await until("the last model is published", async () => (await job.lastModel()).round === 1);
  expect(new Set((await job.lastModel()).values)).toEqual(new Set([INITIAL_VALUE + LOCAL_STEPS * INCREMENT]));
  expect(count(trainer, { msg: "task done", kind: "Train" })).toBe(1);
}

it("a training that outlasts its attempt is the next attempt's: its worker is never lost, and the round commits", async () => {
  const [replaced, stays] = await startTraining();
  job.workers.splice(0, 1);
  await Promise.all([replaced.sidecar.kill(), replaced.trainer.kill()]);
  await job.addWorker(0, 0, IMPATIENT);
  await job.untilState("the attempt has ended", ({ failedRounds }) => failedRounds > 0);
  await expectTrainedOnce(stays);
  expect(count(stays.sidecar, { code: "TRAINER_LOST" })).toBe(0);
});

it("what a trainer made while its sidecar was killed and started again is used by whichever attempt is open then", async () => {
  const [worker] = await startTraining();
  await worker.sidecar.kill();
  worker.sidecar = await job.startSidecar(worker, IMPATIENT);
  await expectTrainedOnce(worker);
});
