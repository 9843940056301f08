import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { WireMembers } from "./support/members/wire-members.ts";
import { WireJob, type WireJobOptions, type WireWorker } from "./support/wire-job.ts";

let members: WireMembers;
const jobs: WireJob[] = [];

beforeAll(async () => {
  members = await WireMembers.start(3);
}, 300_000);
afterEach(async () => {
  for (const job of jobs.splice(0)) await job.destroy();
  await members.removePods();
});
afterAll(() => members?.stop());

const masking = { protocol: "Masking", minOrganisations: 2 };

/** What each worker's sidecar is told of its pod and gate. */
const seats = new WeakMap<WireWorker, Record<string, string>>();

/** Models of no two tests are of one size: on one start the members' gates remember what was signed, whatever job it was of. */
let values = 1_000;

/** A job of the members' workers, all of which have their pods, sidecars and trainers. */
async function startJob(workers: readonly number[], secureAggregation: object, more: Partial<WireJobOptions> = {}) {
  const job = await WireJob.create({
    values: ++values,
    ...more,
    workers,
    gateCaPems: members.caPems,
    jobConfig: () => ({ secureAggregation }),
  });
  jobs.push(job);
  await job.startAggregator();
  for (const [member, count] of workers.entries())
    for (let index = 0; index < count; index++) {
      const seat = await members.seat(member, index);
      seats.set(await job.addWorker(member, index, seat), seat);
    }
  return job;
}

/** Ends a job with all of its processes and pods. */
async function endJob(job: WireJob): Promise<void> {
  await job.destroy();
  await members.removePods();
}

interface Line {
  readonly objects: { readonly model: string };
  readonly cohorts: readonly { readonly survivors: readonly { readonly participant: string }[] }[];
}

const lineOf = async (job: WireJob, round: number) =>
  JSON.parse(await readFile(join(job.dataDirectory, `rounds/00000${round}/line.json`), "utf8")) as Line;
const refusalsOf = async (job: WireJob) =>
  (await readFile(job.logPath, "utf8")).split("\n").filter((line) => /REFUSED|DIFFERENCE_OF_JOBS/u.test(line));

describe("a masked job of real processes", () => {
  it("commits the models that it would without masks, and nobody refuses", async () => {
    const models: string[] = [];
    for (const secureAggregation of [masking, { protocol: "None" }]) {
      const job = await startJob([2, 1, 1], secureAggregation, { values: 999 });
      await job.openWindow({ from: 0, through: 2 });
      await job.untilCommitted(3);
      models.push((await lineOf(job, 2)).objects.model);
      expect(await refusalsOf(job)).toEqual([]);
      await endJob(job);
    }
    expect(models[0]).toBe(models[1]);
  });

  it("commits exactly the sum of those that are left when one of four is killed", async () => {
    const job = await startJob([2, 1, 1], masking);
    await job.openWindow({ from: 0, through: 0 });
    await job.untilCommitted(1);
    const lost = job.workers[3]!;
    await Promise.all([lost.sidecar.kill(), lost.trainer.kill()]);
    await job.openWindow({ from: 1, through: 2, quorum: 3 });
    await job.untilCommitted(3);
    const { survivors } = (await lineOf(job, 2)).cohorts[0]!;
    expect(survivors.map(({ participant }) => participant).sort()).toEqual(["p0", "p0", "p1"]);
  });

  it("goes on after the aggregator was killed between announcement and opening", async () => {
    const job = await startJob([2, 1, 1], masking);
    await job.aggregator.kill();
    const crashing = await job.startAggregator({
      TRIBUTARY_SIMULATE_CRASH_AT: "after-sum-durable",
      TRIBUTARY_SIMULATE_CRASH_MARKER: join(job.directory, "crashed"),
    });
    await job.openWindow({ from: 0, through: 1 });
    await crashing.ended;
    await job.startAggregator();
    await job.untilCommitted(2);
    expect(await refusalsOf(job)).toEqual([]);
  });

  it("waits for the workers that can open an announced sum, names them, and commits that very sum when one is back", async () => {
    const job = await startJob([2, 1, 1], masking);
    await job.aggregator.kill();
    const crashing = await job.startAggregator({
      TRIBUTARY_SIMULATE_CRASH_AT: "after-sum-durable",
      TRIBUTARY_SIMULATE_CRASH_MARKER: join(job.directory, "crashed"),
    });
    await job.openWindow({ from: 0, through: 0 });
    await crashing.ended;
    const [, , third, fourth] = job.workers;
    await Promise.all([third!.sidecar.kill(), fourth!.sidecar.kill()]);
    await job.startAggregator();
    const parked = await job.untilState("the sum waits", ({ problemCode }) => problemCode === "UNMASK_SPENT", 180_000);
    expect(parked.problemMessage).toMatch(/the word of one worker more, of: worker 0 of p1 .*, worker 0 of p2 /u);
    third!.sidecar = await job.startSidecar(third!, seats.get(third!));
    await job.untilCommitted(1);
    expect((await job.state()).failedRounds).toBe(0);
    expect((await lineOf(job, 0)).cohorts[0]!.survivors).toHaveLength(4);
    expect(await refusalsOf(job)).toEqual([]);
  }, 400_000);

  it("is refused by name by workers whose member does not trust one of the others, and goes on once it does", async () => {
    await members.changeTrust(0, { peers: [] });
    const job = await startJob([2, 1, 1], masking);
    await job.openWindow({ from: 0, through: 0 });
    await until("a worker of member 0 refuses", async () =>
      (await refusalsOf(job)).some((line) => line.includes("ChainRefused") && line.includes("UnknownMember")),
    );
    await members.changeTrust(0, {});
    await job.untilCommitted(1, 240_000);
  }, 400_000);

  it("gets no sum on a start that, with another job's, would single a worker out: also after its gates were killed", async () => {
    const model = { values: ++values };
    const first = await startJob([2, 1, 1], masking, model);
    await first.openWindow({ from: 0, through: 0 });
    await first.untilCommitted(1);
    await endJob(first);
    for (const member of [0, 1, 2]) {
      await members.gate(member).kill();
      await members.startGate(member);
    }
    const second = await startJob([2, 1], masking, model);
    await second.openWindow({ from: 0, through: 0 });
    await until("the workers refuse", async () =>
      (await refusalsOf(second)).some((line) => line.includes("DIFFERENCE_OF_JOBS")),
    );
    expect((await second.state()).committedRounds).toBe(0);
  });
});
