import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { INITIAL_VALUE, WireJob } from "./support/wire-job.ts";

const INCREMENT = 2 ** -10;
let job: WireJob;
afterEach(() => job.destroy());

it("drops a straggler at the deadline and commits with those who reported", async () => {
  job = await WireJob.create({ workers: [1, 1, 1] });
  await job.startAggregator();
  await job.startWorkers();
  await job.untilState("all have joined", ({ parties }) => parties.length === 3);
  const { sidecar, trainer } = job.workers[2]!;
  // Without a trainer that has registered it would not be in the round.
  await until("its trainer has registered", () => sidecar.lines.some(({ msg }) => msg === "trainer registers"));
  await trainer.kill();
  await job.openWindow({ from: 0, through: 0, quorum: 2, deadlineMs: 15_000n });
  await job.untilCommitted(1);
  const { rounds } = await (await job.operator()).listRounds({}, { timeoutMs: 5_000 });
  expect(rounds).toMatchObject([{ reports: 2, dropOuts: 1, participants: { p0: 1, p1: 1 } }]);
});

it("closes a round empty below quorum, says why, tries again, and ends no worker", async () => {
  job = await WireJob.create({ workers: [1, 1], hyperparameters: { simulateNaNAtRound: "0" } });
  await job.startAggregator();
  await job.startWorkers();
  await job.openWindow({ from: 0, through: 0 });
  const state = await job.untilState("a round has failed", ({ failedRounds }) => failedRounds >= 2);
  expect(state.committedRounds).toBe(0);
  expect(state.parties.map(({ problemCode }) => problemCode)).toContain("TRAINER_LOSS_NOT_FINITE");
  expect(state.problemMessage).toContain("quorum is 2");
  for (const { sidecar } of job.workers) expect(sidecar.isRunning).toBe(true);
});

it("closes rounds whose deadline no worker can meet, and names no trouble but that of any party", async () => {
  job = await WireJob.create({ workers: [1, 1], hyperparameters: { simulateStepMs: "2000" } });
  await job.startAggregator();
  await job.startWorkers();
  await job.untilState("all have joined", ({ parties }) => parties.length === 2);
  await job.openWindow({ from: 0, through: 0, deadlineMs: 1_000n });
  const problems = new Set<string>();
  const state = await job.untilState("two rounds have failed", ({ failedRounds, parties }) => {
    for (const { problemCode } of parties) problems.add(problemCode);
    return failedRounds >= 2;
  });
  expect(state).toMatchObject({ committedRounds: 0, problemCode: "QUORUM_NOT_REACHED", deadlineMissed: true });
  for (const problem of problems) expect(["", "DEADLINE_EXCEEDED"]).toContain(problem);
});

it("says that the output cannot be written, goes on with rounds, and writes the last model once it can", async () => {
  job = await WireJob.create({ workers: [1, 1] });
  await writeFile(job.outputDirectory, "a file where the volume should be");
  await job.startAggregator();
  await job.startWorkers();
  await job.openWindow({ from: 0, through: 2 });
  const state = await job.untilState(
    "the rounds are committed and the problem is told",
    ({ committedRounds, outputProblem }) => committedRounds === 3 && outputProblem !== "",
  );
  expect(state.outputPending).toBe(true);
  expect(state.outputProblem).toContain("model.safetensors cannot be written to the output volume");
  await rm(job.outputDirectory);
  const mended = await job.untilState("the output is written", ({ outputPending }) => !outputPending);
  expect(mended.outputProblem).toBe("");
  expect((await job.lastModel()).round).toBe(3);
});

it("converges by its target and evaluates the last model in a window that trains nothing", async () => {
  job = await WireJob.create({ workers: [2] });
  await job.startAggregator();
  await job.startWorkers();
  const target = String(1 - INITIAL_VALUE - 2 * 4 * INCREMENT);
  const convergence = { metric: "validation_loss", mode: "Min", target, maxRounds: 100 };
  await job.openWindow({ from: 0, through: 9, convergence });
  const stopped = await job.untilState("the target is reached", (state) => state.convergence?.stop === true);
  // The model of two rounds is known to be good when the third round evaluates it.
  expect(stopped.convergence).toMatchObject({ reason: "TargetReached", bestRound: 2 });
  expect(stopped.committedRounds).toBe(3);
  await job.openWindow({ from: 3, through: 3, evaluateOnly: true, localSteps: 0, convergence });
  const { rounds } = await until("the evaluation is in the ledger", async () => {
    const answer = await (await job.operator()).listRounds({}, { timeoutMs: 5_000 });
    return answer.rounds.length === 4 ? answer : undefined;
  });
  const [trained, evaluated] = rounds.slice(2);
  expect(evaluated).toMatchObject({ outcome: "Evaluated", reports: 2 });
  expect(evaluated!.objects).toEqual(trained!.objects);
  expect(Number(evaluated!.metrics.validation_loss)).toBe(1 - INITIAL_VALUE - 3 * 4 * INCREMENT);
  const { best } = await job.untilState("the output is written", ({ outputPending }) => !outputPending);
  expect(best).toMatchObject({ path: "best/model.safetensors", round: 3 });
});

it("refuses a ledger that was changed, and repairs one that was only half written", async () => {
  job = await WireJob.create({ workers: [1] });
  const first = await job.startAggregator();
  await job.startWorkers();
  await job.openWindow({ from: 0, through: 1 });
  await job.untilCommitted(2);
  await first.kill();
  await writeFile(join(job.dataDirectory, "rounds/000001/model.safetensors.note"), "left over");
  const line = join(job.dataDirectory, "rounds/000000/line.json");
  const original = await readFile(line, "utf8");
  await writeFile(line, original.replace('"attempt":1', '"attempt":2'));
  expect(await (await job.startAggregator()).ended).toEqual({ code: 53, signal: null });
  await writeFile(line, original);
  await job.startAggregator();
  await job.openWindow({ from: 2, through: 2 });
  expect((await job.untilCommitted(3)).committedRounds).toBe(3);
});

it("goes on from a backup of its volume with workers that took later rounds, and none counts twice", async () => {
  job = await WireJob.create({ workers: [1, 1] });
  const first = await job.startAggregator();
  await job.startWorkers();
  await job.openWindow({ from: 0, through: 1 });
  await job.untilCommitted(2);
  await first.kill();
  const backup = join(job.directory, "backup");
  await cp(job.dataDirectory, backup, { recursive: true });
  const second = await job.startAggregator();
  await job.openWindow({ from: 2, through: 4 });
  await job.untilCommitted(5);
  await second.kill();
  await rm(job.dataDirectory, { recursive: true });
  await cp(backup, job.dataDirectory, { recursive: true });
  const third = await job.startAggregator();
  await job.openWindow({ from: 2, through: 2 });
  await job.untilCommitted(3);
  await job.untilState("the output is written", ({ outputPending }) => !outputPending);
  await third.kill();
  const { round, values } = await job.lastModel();
  expect([round, ...new Set(values)]).toEqual([3, INITIAL_VALUE + 3 * 4 * INCREMENT]);
  for (const { sidecar } of job.workers) expect(sidecar.isRunning).toBe(true);
});

it("refuses a plan that contradicts open or committed rounds", async () => {
  job = await WireJob.create({ workers: [1] });
  await job.startAggregator();
  await job.startWorkers();
  await job.openWindow({ from: 0, through: 0 });
  await job.untilCommitted(1);
  const operator = await job.operator();
  const plan = {
    jobUid: "0b9c2a1e-wire-test",
    from: 0,
    through: 5,
    attempt: 1,
    quorum: 1,
    deadlineMs: 1000n,
    localSteps: 1,
  };
  await expect(operator.openWindow({ plan }, { timeoutMs: 5_000 })).rejects.toMatchObject({ code: "ROUND_CONFLICT" });
  const other = { ...plan, jobUid: "other", from: 1 };
  await expect(operator.openWindow({ plan: other }, { timeoutMs: 5_000 })).rejects.toMatchObject({
    code: "MESSAGE_INVALID",
  });
});
