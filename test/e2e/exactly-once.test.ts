import { existsSync } from "node:fs";
import { join } from "node:path";
import { kubectl, toStandardError } from "@tributary/clouds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoClouds } from "../support/can-run-clouds.ts";
import { eventually } from "../support/eventually.ts";
import { claimFolder } from "../support/stack/claims.ts";
import { type EnvironmentInjector, injectEnvironment } from "../support/stack/inject-environment.ts";
import { stackNames } from "../support/stack/install-stack.ts";
import {
  readCommitted,
  untilCommittedAbove,
  untilNothingIsLeft,
  untilTraining,
} from "../support/stack/job-progress.ts";
import { killContainerProcesses, processesOf } from "../support/stack/kill-process.ts";
import { installNoopStack, type NoopStack, ownNoopJob, readClosedForm } from "../support/stack/noop-stack.ts";
import { applyJob, deleteJob, type JobObject, waitForEnd } from "../support/stack/run-job.ts";

const reason = whyNoClouds();
if (reason !== undefined) toStandardError(`exactly-once: ${reason}`);

const name = "exactly-once";
const { hubNamespace, jobNamespace, operatorNamespace } = stackNames;
const localSteps = 4;
const maxRounds = 80;

describe.skipIf(reason !== undefined)("a job over two clouds, installed by the charts", () => {
  let stack: NoopStack;
  let hub: string;
  // The operator takes back what others write into its objects, so that a crash is asked for in the pod.
  let environment: EnvironmentInjector;

  beforeAll(async () => {
    stack = await installNoopStack(toStandardError);
    hub = stack.clusters.hub.name;
    await deleteJob(hub, hubNamespace, name);
    environment = await injectEnvironment(stack.clusters.hub, {
      namespace: hubNamespace,
      labels: { "tributary.dev/job-name": name, "tributary.dev/component": "aggregator" },
    });
    const manifest = await ownNoopJob(stack, name, (spec) => {
      // Long enough that every kill falls into the middle of a round, also when each is recovered from slowly.
      spec.trainer.hyperparameters.simulateStepMs = 200;
      spec.schedule.synchronous.maxRounds = maxRounds;
    });
    await applyJob(hub, manifest);
  });

  afterAll(async () => {
    await environment?.stop();
    if (stack !== undefined) await deleteJob(hub, hubNamespace, name);
  });

  const job = () => ({ hub, name });

  /** Kills in the middle of a round and sees that rounds go on. */
  async function killAndGoOn(part: keyof typeof processesOf): Promise<void> {
    await untilTraining(job());
    const before = await readCommitted(job());
    expect(killContainerProcesses(processesOf[part])).toBeGreaterThan(0);
    await untilCommittedAbove(job(), before);
  }

  it("places workers with the accelerator they ask for and starts rounds", async () => {
    await untilCommittedAbove(job(), 0);
    const pods = JSON.parse(
      await kubectl("aws-us-east-1", [
        "get",
        "pods",
        "-n",
        jobNamespace,
        "-l",
        "tributary.dev/job-name=exactly-once",
        "-o",
        "json",
      ]),
    );
    expect(pods.items).toHaveLength(2);
    for (const pod of pods.items) expect(pod.spec.containers[0].resources.limits["nvidia.com/gpu"]).toBe("1");
  });

  it("survives kill -9 of the operator", () => killAndGoOn("operator"));
  it("survives kill -9 of the aggregator", () => killAndGoOn("aggregator"));
  it("survives kill -9 of every sidecar", () => killAndGoOn("sidecar"));
  it("survives kill -9 of every trainer: new pods take their seats", () => killAndGoOn("trainer"));

  /** Has the aggregator kill itself at a point of its next round, and waits until it is back. */
  async function crashAggregatorAt(point: string, marker: string): Promise<void> {
    environment.set({
      TRIBUTARY_SIMULATE_CRASH_AT: point,
      TRIBUTARY_SIMULATE_CRASH_MARKER: `/var/lib/tributary/data/${marker}`,
    });
    await kubectl(hub, ["delete", "pod", `${name}-aggregator-0`, "-n", hubNamespace], { timeoutMs: 90_000 });
    const exitCode = await eventually(
      "the aggregator killed itself and came back",
      async () => {
        const pod = JSON.parse(
          await kubectl(hub, ["get", "pod", `${name}-aggregator-0`, "-n", hubNamespace, "-o", "json"]),
        );
        const isNew = pod.spec.containers[0].env.some((entry: { value?: string }) => entry.value?.endsWith(marker));
        const status = pod.status.containerStatuses?.[0];
        // A kubelet may count a restart before it says what the process before ended with.
        const isBack = isNew && status?.restartCount > 0 && status?.ready;
        return isBack ? (status.lastState?.terminated?.exitCode as number | undefined) : undefined;
      },
      180_000,
    );
    expect(exitCode).toBe(137);
  }

  /** Kills the trainers of a member, and with them its workers' pods, as soon as the aggregator has left a marker. */
  async function killWorkersAt(member: string, marker: string): Promise<number> {
    const folder = await claimFolder(hub, hubNamespace, `data-${name}-aggregator-0`);
    const selector = ["-l", `tributary.dev/job-name=${name}`, "-o", "jsonpath={.items[*].metadata.uid}"];
    const uids = (await kubectl(member, ["get", "pods", "-n", jobNamespace, ...selector])).split(" ");
    const isThere = async () => (existsSync(join(folder, marker)) ? true : undefined);
    await eventually("the aggregator killed itself", isThere, 180_000, 20);
    return uids.reduce((sum, uid) => sum + killContainerProcesses(processesOf.trainer, uid), 0);
  }

  it.each(["before-sum-durable", "after-sum-durable", "before-commit", "after-commit"])(
    "survives kill -9 of the aggregator %s",
    async (point) => {
      const before = await readCommitted(job());
      await crashAggregatorAt(point, `${point}.marker`);
      await untilCommittedAbove(job(), before);
    },
  );

  it("survives it between announcement and opening, when the workers of one cloud are gone on its return", async () => {
    const before = await readCommitted(job());
    const marker = "announced-and-gone.marker";
    const killed = killWorkersAt("aws-us-east-1", marker);
    await crashAggregatorAt("after-sum-durable", marker);
    expect(await killed).toBe(2);
    await untilCommittedAbove(job(), before);
  });

  it("ends with the closed form: every committed round counts exactly once", async () => {
    const ended: JobObject = await waitForEnd(hub, hubNamespace, name, { timeoutMs: 600_000 });
    expect(ended.status.conditions.find((one: { type: string }) => one.type === "Complete")).toMatchObject({
      status: "True",
      reason: "MaxRounds",
    });
    expect(ended.status.round.committed).toBe(maxRounds);
    const { want, min, max } = await readClosedForm(stack.modelsFolder, name, maxRounds, localSteps);
    expect([min, max]).toEqual([want, want]);
  });

  it("answers how it went in kubectl get", async () => {
    const table = await kubectl(hub, ["get", "ftj", name, "-n", hubNamespace]);
    expect(table).toMatch(/exactly-once\s+Completed\s+80\/80\s+2\/2/u);
  });

  it("gives the accelerators back and leaves nothing in any member once it is deleted", async () => {
    await deleteJob(hub, hubNamespace, name);
    await untilNothingIsLeft(job(), ["aws-us-east-1", "gcp-europe-west4"]);
  });

  it("keeps the output after the job is gone", async () => {
    const { want, min } = await readClosedForm(stack.modelsFolder, name, maxRounds, localSteps);
    expect(min).toBe(want);
  });

  it("writes no token and no key into logs, status or events", async () => {
    const logs = await kubectl(hub, ["logs", "-n", operatorNamespace, "deploy/tributary-operator", "--tail=-1"]);
    const events = await kubectl(hub, ["get", "events", "-A", "-o", "yaml"]);
    for (const text of [logs, events]) expect(text).not.toMatch(/PRIVATE KEY|eyJhbGciOi/u);
  });
});
