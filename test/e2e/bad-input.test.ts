import { kubectl, toStandardError } from "@tributary/clouds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoClouds } from "../support/can-run-clouds.ts";
import { eventually } from "../support/eventually.ts";
import { stackNames } from "../support/stack/install-stack.ts";
import { untilCondition } from "../support/stack/job-progress.ts";
import { installNoopStack, type NoopSpec, noopJob, readClosedForm } from "../support/stack/noop-stack.ts";
import { applyJob, deleteJob, readJob } from "../support/stack/run-job.ts";

const why = whyNoClouds();
if (why !== undefined) toStandardError(`bad input: ${why}`);

const { hubNamespace } = stackNames;

describe.skipIf(why !== undefined)("input that only a real cluster can refuse", () => {
  let hub: string;
  let modelsFolder: string;
  const made: string[] = [];

  beforeAll(async () => {
    const stack = await installNoopStack(toStandardError);
    hub = stack.clusters.hub.name;
    modelsFolder = stack.modelsFolder;
  });

  afterAll(async () => {
    for (const name of made) await deleteJob(hub, hubNamespace, name);
  });

  async function start(name: string, changes: (spec: NoopSpec) => void): Promise<void> {
    await deleteJob(hub, hubNamespace, name);
    made.push(name);
    await applyJob(hub, await noopJob(name, changes));
  }

  const reads = (name: string, type: string, reason: string): Promise<string> =>
    untilCondition({ hub, name }, type, reason);

  it("says which pod has no node when no GPU is free", async () => {
    await start("no-gpu", (spec) => {
      spec.participants[1].accelerator = { resource: "nvidia.com/gpu", count: 3 };
    });
    expect(await reads("no-gpu", "ClustersReady", "Unschedulable")).toMatch(
      /participant gcp.*no-gpu-gcp-0.*nvidia\.com\/gpu/su,
    );
    await eventually("an event says so", async () => {
      const events = await kubectl(hub, ["get", "events", "-n", hubNamespace, "-o", "jsonpath={.items[*].reason}"]);
      return events.includes("Unschedulable") || undefined;
    });
    await deleteJob(hub, hubNamespace, "no-gpu");
  });

  it("says what the member's policy refuses when a job asks for more than its limit", async () => {
    await start("over-limit", (spec) => {
      spec.participants[0].accelerator = { resource: "nvidia.com/gpu", count: 9 };
    });
    const message = await eventually("over-limit: the refusal is told", async () => {
      const { status } = await readJob(hub, hubNamespace, "over-limit");
      const found = status?.conditions?.find(
        (one: { type: string; status: string; message: string }) =>
          one.type === "ClustersReady" && one.message.includes("over-limit-aws"),
      );
      return found?.message as string | undefined;
    });
    expect(message).toContain("participant aws");
    await deleteJob(hub, hubNamespace, "over-limit");
  });

  it("says which image cannot be pulled", async () => {
    await start("no-image", (spec) => {
      spec.trainer.runtime = "absent-image";
    });
    expect(await reads("no-image", "ClustersReady", "ImagePullFailed")).toContain("tributary.local/absent:0");
    await deleteJob(hub, hubNamespace, "no-image");
  });

  it("says that the loss is not finite, and keeps the round that was committed before", async () => {
    await start("nan-loss", (spec) => {
      spec.trainer.hyperparameters.simulateNaNAtRound = 1;
      spec.schedule.synchronous.deadline = "20s";
    });
    expect(await reads("nan-loss", "Degraded", "LossNotFinite")).toContain("lower the learning rate");
    expect(await reads("nan-loss", "Progressing", "QuorumNotReached")).toContain("TRAINER_LOSS_NOT_FINITE");
    const job = await readJob(hub, hubNamespace, "nan-loss");
    expect(job.status.round.committed).toBe(1);
    const { want, min, max } = await readClosedForm(modelsFolder, "nan-loss", 1, 4);
    expect([min, max]).toEqual([want, want]);
    await deleteJob(hub, hubNamespace, "nan-loss");
  });

  it("says that the model source does not exist on the claim", async () => {
    await start("no-model", (spec) => {
      spec.model.source.persistentVolumeClaim.path = "nowhere.safetensors";
    });
    expect(await reads("no-model", "AggregationReady", "ModelSourceNotFound")).toContain("model source");
    await deleteJob(hub, hubNamespace, "no-model");
  });

  it("stops no other job", async () => {
    await start("good", (spec) => {
      spec.schedule.synchronous.maxRounds = 2;
    });
    expect(await reads("good", "Complete", "MaxRounds")).toContain("2 rounds are committed");
  });
});
