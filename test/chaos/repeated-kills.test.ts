import { randomBytes } from "node:crypto";
import { kubectl, toStandardError } from "@tributary/clouds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoClouds } from "../support/can-run-clouds.ts";
import { killTarget, replaceHeldBackPods } from "../support/chaos/kill-target.ts";
import { planKills } from "../support/chaos/plan-kills.ts";
import { createSeededRandom } from "../support/chaos/seeded-random.ts";
import { createLedgerWitness } from "../support/chaos/watch-ledger.ts";
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
  untilTraining,
} from "../support/stack/job-progress.ts";
import { installNoopStack, type NoopStack, ownNoopJob, readClosedForm } from "../support/stack/noop-stack.ts";
import { applyJob, deleteJob, waitForEnd } from "../support/stack/run-job.ts";

const why = whyNoClouds();
if (why !== undefined) toStandardError(`repeated kills: ${why}`);

const { hubNamespace } = stackNames;
const localSteps = 4;
const seed = process.env.TRIBUTARY_CHAOS_SEED ?? randomBytes(4).toString("hex");
const kills = planKills(createSeededRandom(seed)).slice(0, Number(process.env.TRIBUTARY_CHAOS_KILLS ?? 1_000));
const members = ["aws-us-east-1", "gcp-europe-west4"];
/** Rounds after the last kill. */
const quietRounds = 5;

describe.skipIf(why !== undefined)(`a job over two clouds under repeated kill -9, TRIBUTARY_CHAOS_SEED=${seed}`, () => {
  let stack: NoopStack;
  let job: JobRef;
  const witness = createLedgerWitness();
  let committed = 0;
  let isRecovered = true;

  beforeAll(async () => {
    toStandardError(`repeated kills: run again with TRIBUTARY_CHAOS_SEED=${seed}`);
    stack = await installNoopStack(toStandardError);
    job = { hub: stack.clusters.hub.name, name: "repeated-kills" };
    await deleteJob(job.hub, hubNamespace, job.name);
    const manifest = await ownNoopJob(stack, job.name, (spec) => {
      spec.trainer.hyperparameters.simulateStepMs = 200;
      spec.schedule.synchronous.maxRounds = 100_000;
      spec.convergence = undefined;
      // A round goes on without a worker that is away too long.
      spec.schedule.synchronous.quorum = 3;
      spec.schedule.synchronous.deadline = "30s";
      spec.failurePolicy = { workerRestartLimit: 1_000 };
    });
    await applyJob(job.hub, manifest);
    await untilCommittedAbove(job, 0);
  });

  afterAll(async () => {
    if (stack !== undefined) await deleteJob(job.hub, hubNamespace, job.name);
  });

  /** Committed rounds never decrease, in the status or in the ledger; no round is in the ledger twice. */
  async function checkInvariants(): Promise<number> {
    const inLedger = witness.look(await readLedger(job));
    const inStatus = await readCommitted(job);
    expect(inStatus).toBeGreaterThanOrEqual(committed);
    committed = inStatus;
    return inLedger;
  }

  /** Waits for a round that is committed after a kill. */
  async function recover(): Promise<void> {
    const before = await checkInvariants();
    await eventually(
      "rounds go on",
      async () => {
        const isBack = await untilCommittedAbove(job, before, 15_000).then(
          () => true,
          () => false,
        );
        if (isBack) return true;
        for (const pod of await replaceHeldBackPods(job.hub, members)) toStandardError(`  ${pod} was held back`);
        return undefined;
      },
      600_000,
    );
    await checkInvariants();
  }

  it.each(kills.map((kill, index) => [index + 1, kill.target, kill] as const))(
    "kill %i: %s",
    async (_number, _target, kill) => {
      if (isRecovered) await untilTraining(job);
      await new Promise((resolve) => setTimeout(resolve, kill.delayMs));
      expect(await killTarget(kill)).toBeGreaterThan(0);
      isRecovered = !kill.isFollowedAtOnce;
      if (isRecovered) await recover();
      else await checkInvariants();
    },
  );

  it("ends with the closed form", async () => {
    await recover();
    // The schedule may change only while the job is suspended.
    await patch({ suspend: true });
    await untilCondition(job, "Suspended", "Suspended");
    for (const member of members) {
      await eventually(`${member} has no workers`, async () =>
        (await listInMember(member, job.name)).length === 0 ? true : undefined,
      );
    }
    const soFar = await checkInvariants();
    await patch({ suspend: false, schedule: { synchronous: { maxRounds: soFar + quietRounds } } });
    const ended = await waitForEnd(job.hub, hubNamespace, job.name, { timeoutMs: 600_000 });
    const rounds = (await readLedger(job)).map(parseEntry).filter(({ outcome }) => outcome === "Committed").length;
    witness.look(await readLedger(job));
    expect(ended.status.round.committed).toBe(rounds);
    expect(rounds).toBeGreaterThanOrEqual(soFar + quietRounds);
    const { want, min, max } = await readClosedForm(stack.modelsFolder, job.name, rounds, localSteps);
    expect([min, max]).toEqual([want, want]);
    toStandardError(`${kills.length} kills, ${rounds} rounds, seed ${seed}: every value is ${want}`);
  });

  async function patch(spec: object): Promise<void> {
    await kubectl(job.hub, [
      ...["patch", "ftj", job.name, "-n", hubNamespace, "--type=merge", "-p", JSON.stringify({ spec })],
    ]);
  }
});
