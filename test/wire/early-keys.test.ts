import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { WireMembers } from "./support/members/wire-members.ts";
import { WireJob, type WireWorker } from "./support/wire-job.ts";

const MEMBERS = [0, 1, 2] as const;
const masking = { protocol: "Masking", minOrganisations: 2 };

let members: WireMembers;
let job: WireJob;
/** What each worker's sidecar is told of its pod and gate. */
const seats = new WeakMap<WireWorker, Record<string, string>>();
/** Models of no two masked jobs are of one size: on one start the gates remember what was signed, whatever job it was of. */
let values = 2_000;

beforeAll(async () => {
  members = await WireMembers.start(MEMBERS.length);
}, 300_000);
afterEach(async () => {
  await job.destroy();
  await members.removePods();
});
afterAll(() => members?.stop());

async function startJob(secureAggregation: object = masking, size = ++values): Promise<void> {
  const workers = MEMBERS.map(() => 1);
  job = await WireJob.create({
    ...{ values: size, workers, gateCaPems: members.caPems },
    jobConfig: () => ({ secureAggregation }),
  });
  await job.startAggregator();
  for (const member of MEMBERS) {
    const seat = await members.seat(member, 0);
    seats.set(await job.addWorker(member, 0, seat), seat);
  }
  await until("every trainer is registered", () =>
    job.workers.every(({ trainer }) => trainer.lines.some(({ msg }) => msg === "registered")),
  );
}

type LogLine = Record<string, unknown>;

async function logOf(): Promise<LogLine[]> {
  const lines = (await readFile(job.logPath, "utf8")).split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line) as LogLine);
}
const isExchange = ({ msg, round }: LogLine) => msg === "keys of the next round are exchanged" && round === 1;
const isOpening = ({ msg, round }: LogLine) => msg === "round opened" && round === 1;
const untilLogged = (what: (line: LogLine) => boolean) =>
  until("the aggregator says so", async () => (await logOf()).some(what));

/** A trainer does nothing until it may go on: so long its round is in work. */
const hold = (...workers: readonly number[]) => {
  for (const at of workers) process.kill(job.workers[at]!.trainer.pid, "SIGSTOP");
};
const release = (...workers: readonly number[]) => {
  for (const at of workers) process.kill(job.workers[at]!.trainer.pid, "SIGCONT");
};

async function modelOf(round: number): Promise<string> {
  const line = JSON.parse(await readFile(join(job.dataDirectory, `rounds/00000${round}/line.json`), "utf8"));
  return (line as { readonly objects: { readonly model: string } }).objects.model;
}

/** Nothing was lost on the way: no attempt closed, no worker refused. */
async function expectUndisturbed(): Promise<void> {
  expect((await job.state()).failedRounds).toBe(0);
  const refusals = (await logOf()).filter((line) => /REFUSED|DIFFERENCE_OF_JOBS/u.test(JSON.stringify(line)));
  expect(refusals).toEqual([]);
}

describe("keys of the next round, exchanged while one is in work", () => {
  it("are those with which it starts, and its model is the one without masks", async () => {
    const size = ++values;
    await startJob(masking, size);
    hold(2);
    await job.openWindow({ from: 0, through: 1 });
    await untilLogged(isExchange);
    release(2);
    await job.untilCommitted(2);
    await expectUndisturbed();
    const told = (await logOf()).filter((line) => isExchange(line) || isOpening(line));
    expect(told.map(({ setup }) => setup)).toEqual([2, 2]);
    expect(isExchange(told[0]!)).toBe(true);
    const model = await modelOf(1);
    await job.destroy();
    await members.removePods();
    await startJob({ protocol: "None" }, size);
    await job.openWindow({ from: 0, through: 1 });
    await job.untilCommitted(2);
    expect(await modelOf(1)).toBe(model);
  });

  it("outlive the death of a sidecar between exchange and start", async () => {
    await startJob();
    hold(2);
    await job.openWindow({ from: 0, through: 1 });
    await untilLogged(isExchange);
    const [first] = job.workers;
    await first!.sidecar.kill();
    first!.sidecar = await job.startSidecar(first!, seats.get(first!));
    release(2);
    await job.untilCommitted(2);
    await expectUndisturbed();
  });

  it("wait for a gate that is away, and the round in work does not wait for them", async () => {
    await startJob();
    const admitted = () => members.gate(2).lines.filter(({ msg }) => msg === "round admitted").length;
    const before = admitted();
    hold(...MEMBERS);
    await job.openWindow({ from: 0, through: 1 });
    // Gates live longer than jobs: of those before they have admitted rounds too.
    await until("the gate has admitted its worker", () => admitted() > before);
    await members.gate(2).kill();
    release(0, 1);
    await untilLogged(isExchange);
    release(2);
    await members.startGate(2);
    await job.untilCommitted(2);
    expect((await job.state()).failedRounds).toBe(0);
  });
});
