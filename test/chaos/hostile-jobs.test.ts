import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";
import { WireMembers } from "../wire/support/members/wire-members.ts";
import { WireJob, type WireJobOptions } from "../wire/support/wire-job.ts";

let members: WireMembers;
let present: WireJob | undefined;
/** On a model of one size the members' gates remember what was signed, whatever job it was of. */
let values = 3_100;

beforeAll(async () => {
  members = await WireMembers.start(3, { protocols: ["Masking"] });
}, 300_000);
afterEach(endJob);
afterAll(() => members?.stop());

interface MaskedJob extends Partial<WireJobOptions> {
  readonly workers: readonly number[];
  /** Places in their participants whose workers are there; all when left out. */
  readonly indices?: readonly number[];
}

async function startJob({ indices, ...options }: MaskedJob): Promise<WireJob> {
  const job = await WireJob.create({
    ...{ values, gateCaPems: members.caPems },
    ...options,
    jobConfig: () => ({ secureAggregation: { protocol: "Masking", minOrganisations: 2 } }),
  });
  present = job;
  await job.startAggregator();
  const seats = options.workers.flatMap((count, member) =>
    (indices ?? Array.from({ length: count }, (_, index) => index)).map((index) => ({ member, index })),
  );
  for (const { member, index } of seats) await job.addWorker(member, index, await members.seat(member, index));
  await job.untilState("all are connected", ({ parties }) => parties.length === seats.length);
  return job;
}

/** The job is deleted: nothing of it is left but what gates remember. */
async function endJob(): Promise<void> {
  await present?.destroy();
  present = undefined;
  await members.removePods();
}

/** What sidecars of a job said that they refuse. */
const refusalsOf = async (job: WireJob) =>
  (await readFile(job.logPath, "utf8"))
    .split("\n")
    .filter((line) => /"name":"sidecar".*"code":"(TERMS_REFUSED|DIFFERENCE_OF_JOBS|PROTOCOL_REFUSED)"/u.test(line))
    .map((line) => String((JSON.parse(line) as { msg: string }).msg));

/** Runs one round of a job to its end, and deletes the job. */
async function commitOnce(options: MaskedJob, window: { readonly localSteps?: number } = {}): Promise<string[]> {
  const job = await startJob(options);
  await job.openWindow({ from: 0, through: 0, ...window });
  await job.untilCommitted(1);
  const refusals = await refusalsOf(job);
  await endJob();
  return refusals;
}

const SEATS = [2, 1, 1];
const MISSING =
  /^section "update": of a sum that this member signed on the same start 1 of its seats are missing now and 0 are new; /u;

describe("gates that remember a sum", () => {
  const start = { workers: SEATS, values: 3_001 };
  beforeAll(async () => {
    expect(await commitOnce(start)).toEqual([]);
  }, 120_000);

  it.each<{ given: string; job: MaskedJob; localSteps?: number }>([
    { given: "a job that was deleted and is made again", job: start },
    { given: "a sweep that changes the steps of all seats alike", job: start, localSteps: 8 },
  ])("let $given pass", async ({ job, localSteps = 4 }) => {
    expect(await commitOnce(job, { localSteps })).toEqual([]);
  });

  it.each<{ given: string; job: MaskedJob; quorum: number; says: RegExp; refusing: number }>([
    {
      given: "a job that is made again with one participant fewer",
      job: { ...start, workers: [2, 1] },
      quorum: 3,
      says: MISSING,
      refusing: 3,
    },
    {
      given: "a job that is made again, one of whose workers stays away",
      job: { ...start, workers: [2, 1, 1], indices: [0] },
      quorum: 3,
      says: MISSING,
      refusing: 3,
    },
    {
      given: "the same seats with other work",
      job: { ...start, hyperparameters: { increment: "0.25" } },
      quorum: 4,
      says: /^section "update": a sum of the same seats was signed on the same start, and what they are to do, .* differs/u,
      refusing: 4,
    },
    {
      given: "a job in which one participant has other hyperparameters",
      job: { ...start, ownHyperparameters: [{}, {}, { increment: "0.25" }] },
      quorum: 3,
      says: /^WorkNotShared: .* like that of seat 4$|^section "update": of a sum .* 1 of its seats are missing now and 0 are new; /u,
      refusing: 4,
    },
  ])("refuse $given, and no sum is opened", async ({ job: options, quorum, says, refusing }) => {
    const job = await startJob(options);
    await job.openWindow({ from: 0, through: 0, quorum, deadlineMs: 20_000n });
    const refusals = await until("all refuse", async () => {
      const said = await refusalsOf(job);
      return said.length >= refusing && said;
    });
    for (const refusal of refusals) expect(refusal).toMatch(says);
    expect((await job.state()).rounds).toBe(0);
  });

  it("let one pass that a member's policy allows, where every member allows it", async () => {
    const policy = { protocols: ["Masking"], repeatedStarts: "Allow" };
    for (const member of [0, 1, 2]) await members.changeTrust(member, { policy });
    expect(await commitOnce({ ...start, workers: [2, 1] })).toEqual([]);
    for (const member of [0, 1, 2]) await members.changeTrust(member, { policy: { protocols: ["Masking"] } });
  });

  it("refuse a small set of a large one, as far apart as they are: with others like it they would leave one seat alone", async () => {
    const many = { workers: [4, 3, 3], values: 3_002 };
    expect(await commitOnce(many)).toEqual([]);
    const job = await startJob({ ...many, workers: [1, 1, 1] });
    await job.openWindow({ from: 0, through: 0, quorum: 3, deadlineMs: 20_000n });
    const refusals = await until("all refuse", async () => {
      const said = await refusalsOf(job);
      return said.length >= 3 && said;
    });
    for (const refusal of refusals)
      expect(refusal).toContain(
        "7 of its seats are missing now and 0 are new; the seats must be the same, or all of them others, at least 7 in both",
      );
    expect((await job.state()).rounds).toBe(0);
  }, 240_000);
});

describe("an honest masked job", () => {
  beforeEach(() => {
    values += 1;
  });

  it("waits for a slow seat and has it in the sum", async () => {
    const job = await startJob({ workers: SEATS });
    const { pid } = job.workers[3]!.trainer;
    process.kill(pid, "SIGSTOP");
    await job.openWindow({ from: 0, through: 0, quorum: 3 });
    await job.untilState(
      "the others have reported",
      ({ parties }) => parties.filter(({ reported }) => reported).length === 3,
    );
    process.kill(pid, "SIGCONT");
    await job.untilCommitted(1);
    expect([await survivorsOf(job, 0), await refusalsOf(job)]).toEqual([["p0", "p0", "p1", "p2"], []]);
  });

  it("goes on with a pod in another one's place, on the same data", async () => {
    const job = await startJob({ workers: SEATS });
    await job.openWindow({ from: 0, through: 0 });
    await job.untilCommitted(1);
    const lost = job.workers[3]!;
    await Promise.all([lost.sidecar.kill(), lost.trainer.kill()]);
    await job.addWorker(2, 0, await members.seat(2, 0));
    await job.openWindow({ from: 1, through: 1 });
    await job.untilCommitted(2);
    expect([await survivorsOf(job, 1), await refusalsOf(job)]).toEqual([["p0", "p0", "p1", "p2"], []]);
  });

  it("goes on without a participant whose member withdraws, and says which line of which policy said so", async () => {
    const job = await startJob({ workers: SEATS });
    await job.openWindow({ from: 0, through: 0 });
    await job.untilCommitted(1);
    await members.changeTrust(2, { policy: { protocols: ["Masking"], withdrawn: true } });
    await job.openWindow({ from: 1, through: 2, quorum: 3 });
    await job.untilCommitted(3);
    await members.changeTrust(2, { policy: { protocols: ["Masking"] } });
    expect([await survivorsOf(job, 1), await survivorsOf(job, 2)]).toEqual([
      ["p0", "p0", "p1"],
      ["p0", "p0", "p1"],
    ]);
    const refusals = await refusalsOf(job);
    expect(refusals.length).toBeGreaterThan(0);
    for (const refusal of refusals) expect(refusal).toMatch(/^PolicyRefuses: policy\.withdrawn is true/u);
  });
});

/** Participants whose workers are in the sum of a round. */
async function survivorsOf(job: WireJob, round: number): Promise<string[]> {
  const text = await readFile(`${job.dataDirectory}/rounds/00000${round}/line.json`, "utf8");
  const { cohorts } = JSON.parse(text) as { cohorts: { survivors: { participant: string }[] }[] };
  return cohorts[0]!.survivors.map(({ participant }) => participant).sort();
}
