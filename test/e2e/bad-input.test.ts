import { kubectl, toStandardError } from "@tributary/clouds";
import { seatName } from "@tributary/operator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoClouds } from "../support/can-run-clouds.ts";
import { stackNames } from "../support/stack/install-stack.ts";
import { untilCondition, untilEvent } from "../support/stack/job-progress.ts";
import { installNoopStack, type NoopSpec, ownNoopJob, readClosedForm } from "../support/stack/noop-stack.ts";
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
    await applyJob(hub, await ownNoopJob({ modelsFolder }, name, changes));
  }

  /** Name of a participant's batch Job; its pods' names begin with it. */
  const batchJobOf = (name: string, participant: string) =>
    seatName(stackNames.hubId, { metadata: { name, namespace: hubNamespace } }, participant);

  /** The condition and the event say what is wrong and what to do; `kubectl describe` shows both. */
  async function expectTold(name: string, type: string, reason: string, parts: readonly string[]): Promise<void> {
    const message = await untilCondition({ hub, name }, type, reason);
    const event = await untilEvent({ hub, name }, reason);
    for (const part of parts) for (const text of [message, event]) expect(text).toContain(part);
    const described = await kubectl(hub, ["describe", "ftj", name, "-n", hubNamespace]);
    const [status = "", events = ""] = described.split("\nEvents:");
    for (const part of [reason, ...parts]) for (const text of [status, events]) expect(text).toContain(part);
  }

  it("says which pod has no node when no GPU is free", async () => {
    await start("no-gpu", (spec) => {
      spec.participants[1].accelerator = { resource: "nvidia.com/gpu", count: 3 };
    });
    const field = "spec.participants[].accelerator.count";
    await expectTold("no-gpu", "ClustersReady", "Unschedulable", [
      ...["participant gcp", `${batchJobOf("no-gpu", "gcp")}-0`, "nvidia.com/gpu", field],
    ]);
    await deleteJob(hub, hubNamespace, "no-gpu");
  });

  it("says what the member's policy refuses when a job asks for more than its limit", async () => {
    await start("over-limit", (spec) => {
      spec.participants[0].accelerator = { resource: "nvidia.com/gpu", count: 9 };
    });
    const batchJob = batchJobOf("over-limit", "aws");
    await expectTold("over-limit", "ClustersReady", "Refused", ["participant aws", batchJob, "nvidia.com/gpu"]);
    await deleteJob(hub, hubNamespace, "over-limit");
  });

  it("says which image cannot be pulled", async () => {
    await start("no-image", (spec) => {
      spec.trainer.runtime = "absent-image";
    });
    const image = "tributary.local/absent:0";
    await expectTold("no-image", "ClustersReady", "ImagePullFailed", ["participant ", image, "pull secret"]);
    await deleteJob(hub, hubNamespace, "no-image");
  });

  it("says that the loss is not finite, and keeps the round that was committed before", async () => {
    await start("nan-loss", (spec) => {
      spec.trainer.hyperparameters.simulateNaNAtRound = 1;
      spec.schedule.synchronous.deadline = "20s";
    });
    await expectTold("nan-loss", "Degraded", "LossNotFinite", ["of participant", "lower the learning rate"]);
    expect(await untilCondition({ hub, name: "nan-loss" }, "Progressing", "QuorumNotReached")).toContain(
      "TRAINER_LOSS_NOT_FINITE",
    );
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
    await expectTold("no-model", "AggregationReady", "ModelSourceNotFound", [
      "model source",
      "spec.model.source.persistentVolumeClaim",
    ]);
    await deleteJob(hub, hubNamespace, "no-model");
  });

  it("stops no other job", async () => {
    await start("good", (spec) => {
      spec.schedule.synchronous.maxRounds = 2;
    });
    expect(await untilCondition({ hub, name: "good" }, "Complete", "MaxRounds")).toContain("2 rounds are committed");
    const table = await kubectl(hub, ["get", "ftj,mbr,trd", "-n", hubNamespace]);
    expect(table).toMatch(/good\s+Completed\s+2\/2\s+2\/2/u);
    expect(table).toMatch(/aws-us-east-1\s+True\s+aws\s+us-east-1\s+\d\/4/u);
    expect(table).toMatch(/good-r2\s+good\s+2\s+Evaluated\s+4/u);
  });
});
