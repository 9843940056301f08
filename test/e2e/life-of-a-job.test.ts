import { kubectl, toStandardError } from "@tributary/clouds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoClouds } from "../support/can-run-clouds.ts";
import { eventually } from "../support/eventually.ts";
import { stackNames } from "../support/stack/install-stack.ts";
import {
  type JobRef,
  listInMember,
  parseEntry,
  readCommitted,
  readLedger,
  untilCommittedAbove,
  untilCondition,
  untilNothingIsLeft,
  untilTraining,
} from "../support/stack/job-progress.ts";
import { whileApiServerStops } from "../support/stack/member-faults.ts";
import {
  installNoopStack,
  type NoopSpec,
  type NoopStack,
  ownNoopJob,
  readClosedForm,
} from "../support/stack/noop-stack.ts";
import { applyJob, deleteJob, readJob, waitForEnd } from "../support/stack/run-job.ts";

const reason = whyNoClouds();
if (reason !== undefined) toStandardError(`life of a job: ${reason}`);

const { hubNamespace, jobNamespace } = stackNames;
const aws = "aws-us-east-1";
const gcp = "gcp-europe-west4";
const localSteps = 4;
const maxRounds = 8;
const historyLimit = 2;

describe.skipIf(reason !== undefined)("the life of a job over two clouds", () => {
  let stack: NoopStack;
  let hub: string;
  const made: string[] = [];

  beforeAll(async () => {
    stack = await installNoopStack(toStandardError);
    hub = stack.clusters.hub.name;
  });

  afterAll(async () => {
    for (const name of made) await deleteJob(hub, hubNamespace, name);
  });

  async function start(name: string, changes: (spec: NoopSpec) => void): Promise<JobRef> {
    await deleteJob(hub, hubNamespace, name);
    made.push(name);
    await applyJob(hub, await ownNoopJob(stack, name, changes));
    return { hub, name };
  }

  const patch = ({ name }: JobRef, spec: object): Promise<string> =>
    kubectl(hub, ["patch", "ftj", name, "-n", hubNamespace, "--type=merge", "-p", JSON.stringify({ spec })]);

  describe("that is suspended in a round, resumed, and has a time to live", () => {
    let job: JobRef;
    let before: string[];

    beforeAll(async () => {
      job = await start("suspended", (spec) => {
        spec.trainer.hyperparameters.simulateStepMs = 500;
        spec.schedule.synchronous.maxRounds = maxRounds;
        spec.roundHistoryLimit = historyLimit;
        spec.ttlSecondsAfterFinished = 10;
      });
    });

    it("makes another pod for a worker whose node is drained", async () => {
      await untilCommittedAbove(job, 0);
      const pods = (await listInMember(aws, job.name)).filter((found) => found.startsWith("pod/"));
      expect(pods).toHaveLength(2);
      await kubectl(aws, ["delete", pods[0] ?? "", "-n", jobNamespace, "--wait=false"]);
      const before = await eventually("the pod has ended", async () =>
        (await listInMember(aws, job.name)).includes(pods[0] ?? "") ? undefined : readCommitted(job),
      );
      await untilCommittedAbove(job, before);
    });

    it("gives its workers back while it is suspended and keeps what is committed", async () => {
      await untilCommittedAbove(job, 1);
      await untilTraining(job);
      await patch(job, { suspend: true });
      await untilCondition(job, "Suspended", "Suspended");
      for (const member of [aws, gcp]) {
        await eventually(`${member} has its accelerators back`, async () =>
          (await listInMember(member, job.name)).length === 0 ? true : undefined,
        );
      }
      before = await readLedger(job);
      expect(before.length).toBeGreaterThanOrEqual(2);
      const { status } = await readJob(hub, hubNamespace, job.name);
      expect(status).toMatchObject({ phase: "Suspended", round: { committed: before.length } });
    });

    it("goes on from the last committed round once it is resumed", async () => {
      await patch(job, { suspend: false });
      await untilCommittedAbove(job, before.length);
      expect((await readLedger(job)).slice(0, before.length)).toEqual(before);
    });

    it("keeps no more TrainingRounds than its limit, and the newest", async () => {
      const ended = await waitForEnd(hub, hubNamespace, job.name, { timeoutMs: 240_000 });
      expect(ended.status.round.committed).toBe(maxRounds);
      const kept = await eventually("old TrainingRounds are pruned", async () => {
        const rounds = await listRounds(job);
        return rounds.length <= historyLimit ? rounds : undefined;
      });
      expect(kept.at(-1)).toEqual({ from: maxRounds, phase: "Evaluated" });
    });

    it("ends with the closed form: nothing was lost and nothing done twice", async () => {
      const rounds = (await readLedger(job)).map(parseEntry).map(({ round }) => round);
      expect(rounds).toEqual(Array.from({ length: maxRounds + 1 }, (_, index) => index));
      const { want, min, max } = await readClosedForm(stack.modelsFolder, job.name, maxRounds, localSteps);
      expect([min, max]).toEqual([want, want]);
    });

    it("is removed after its time to live with all that it made, and its model stays", async () => {
      await untilGone(job, 90_000);
      await untilNothingIsLeft(job, [aws, gcp]);
      const { want, min } = await readClosedForm(stack.modelsFolder, job.name, maxRounds, localSteps);
      expect(min).toBe(want);
    });
  });

  it("is deleted while a member does not answer: waits for it, says so, and leaves nothing once it returns", async () => {
    const job = await start("unreachable", (spec) => {
      spec.schedule.synchronous.maxRounds = 1000;
      spec.trainer.hyperparameters.simulateStepMs = 100;
    });
    await untilCommittedAbove(job, 0);
    await whileApiServerStops(gcp, async () => {
      await kubectl(hub, ["delete", "ftj", job.name, "-n", hubNamespace, "--wait=false"]);
      expect(await untilCondition(job, "Progressing", "CleanupPending")).toContain("participant gcp");
      await eventually("aws is clean", async () =>
        (await listInMember(aws, job.name)).length === 0 ? true : undefined,
      );
      const { metadata } = await readJob(hub, hubNamespace, job.name);
      expect(metadata.finalizers).toEqual(["tributary.dev/cleanup"]);
    });
    await untilGone(job, 120_000);
    await untilNothingIsLeft(job, [aws, gcp]);
  });

  async function untilGone({ name }: JobRef, timeoutMs: number): Promise<void> {
    const get = ["get", "ftj", name, "-n", hubNamespace, "--ignore-not-found", "-o", "name"];
    await eventually("the job is gone", async () => ((await kubectl(hub, get)) === "" ? true : undefined), timeoutMs);
  }

  async function listRounds({ name }: JobRef): Promise<{ from: number; phase: string }[]> {
    const selector = `tributary.dev/job-name=${name}`;
    const text = await kubectl(hub, ["get", "trd", "-n", hubNamespace, "-l", selector, "-o", "json"]);
    const { items } = JSON.parse(text) as { items: { spec: { from: number }; status?: { phase?: string } }[] };
    return items
      .map(({ spec, status }) => ({ from: spec.from, phase: status?.phase ?? "" }))
      .sort((left, right) => left.from - right.from);
  }
});
