import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { trainerV1 } from "@tributary/contracts";
import { createGrpcClient } from "@tributary/kit";
import { afterEach, expect, it } from "vitest";
import { INITIAL_VALUE, WireJob, type WireWorker } from "./support/wire-job.ts";

let job: WireJob;
afterEach(() => job.destroy());

/** Registers as another trainer in a worker's pod: it does these verbs and asks for no task. */
async function registerOther({ directory }: WireWorker, kinds: string[]): Promise<void> {
  const sidecar = createGrpcClient(trainerV1.TrainerService, {
    address: `unix:${join(directory, "volume/trainer.sock")}`,
    credentials: credentials.createInsecure(),
    unreachable: "TRAINER_SIDECAR_LOST",
  });
  try {
    await sidecar.register({ trainerName: "other", trainerVersion: "1", kinds }, { timeoutMs: 20_000 });
  } finally {
    sidecar.close();
  }
}

const untilProblem = (code: string) =>
  job.untilState(`the second worker's problem is "${code}"`, ({ parties }) => {
    const party = parties.find(({ participant }) => participant === "p1");
    return parties.length === 2 && party?.problemCode === code;
  });

it("a trainer that lacks a verb is told of before a round is opened with it, over a restart of its sidecar too", async () => {
  job = await WireJob.create({ workers: [1, 1] });
  const aggregator = await job.startAggregator();
  await job.startWorkers();
  const worker = job.workers[1]!;
  await job.untilState("both have joined", ({ parties }) => parties.length === 2);
  await worker.trainer.kill();
  await registerOther(worker, ["Train"]);
  await untilProblem("KIND_MISSING");
  await worker.sidecar.kill();
  await job.untilState("it is away", ({ parties }) => parties.length === 1);
  worker.sidecar = await job.startSidecar(worker);
  await untilProblem("KIND_MISSING");

  await job.openWindow({ from: 0, through: 0 });
  const waiting = await job.untilState("it is said why no round is opened", ({ problemCode }) => problemCode !== "");
  expect(waiting).toMatchObject({ problemCode: "QUORUM_NOT_REACHED", committedRounds: 0, attempt: 0 });
  expect(waiting.problemMessage).toContain("worker 0 of p1: its trainer does not do Evaluate");
  expect(aggregator.lines.map(({ msg }) => msg)).not.toContain("round opened");

  worker.trainer = await job.startTrainer(worker);
  const state = await job.untilCommitted(1);
  expect(state.failedRounds).toBe(0);
  expect(state.parties.map(({ problemCode }) => problemCode)).toEqual(["", ""]);
  await job.untilState("the output is written", ({ outputPending }) => !outputPending);
  expect(new Set((await job.lastModel()).values)).toEqual(new Set([INITIAL_VALUE + 4 * 2 ** -10]));
}, 180_000);
