import { kubectl, toStandardError } from "@tributary/clouds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whyNoClouds } from "../support/can-run-clouds.ts";
import { survivorsOf } from "../support/stack/index.ts";
import { stackNames } from "../support/stack/install-stack.ts";
import { type JobRef, parseEntry, readLedger, untilCommittedAbove } from "../support/stack/job-progress.ts";
import { findContainerProcesses } from "../support/stack/kill-process.ts";
import { installNoopStack, type NoopStack, ownNoopJob, readClosedForm } from "../support/stack/noop-stack.ts";
import { applyJob, deleteJob, waitForEnd } from "../support/stack/run-job.ts";

const reason = whyNoClouds();
if (reason !== undefined) toStandardError(`python trainer: ${reason}`);

const { hubNamespace, jobNamespace } = stackNames;
const aws = "aws-us-east-1";
const gcp = "gcp-europe-west4";
const localSteps = 4;
const maxRounds = 4;

describe.skipIf(reason !== undefined)("a job whose runtime is another program in every cloud", () => {
  let stack: NoopStack;
  let job: JobRef;

  beforeAll(async () => {
    stack = await installNoopStack(toStandardError, { [gcp]: "trainer-python" });
    job = { hub: stack.clusters.hub.name, name: "two-languages" };
    await deleteJob(job.hub, hubNamespace, job.name);
    const manifest = await ownNoopJob(stack, job.name, (spec) => {
      spec.trainer.hyperparameters.simulateStepMs = 100;
      spec.schedule.synchronous.maxRounds = maxRounds;
    });
    await applyJob(job.hub, manifest);
  });

  afterAll(async () => {
    if (stack !== undefined) await deleteJob(job.hub, hubNamespace, job.name);
  });

  const trainerImages = async (member: string): Promise<string[]> => {
    const selector = `tributary.dev/job-name=${job.name}`;
    const text = await kubectl(member, ["get", "pods", "-n", jobNamespace, "-l", selector, "-o", "json"]);
    const pods = JSON.parse(text) as { items: { spec: { containers: { name: string; image: string }[] } }[] };
    return pods.items.flatMap(({ spec }) => spec.containers.map(({ image }) => image));
  };

  it("runs what each member's admin offers under the runtime's name", async () => {
    await untilCommittedAbove(job, 0);
    const reference = (name: "trainer-tfjs" | "trainer-python") => stack.images.get(name)?.reference;
    expect(await trainerImages(aws)).toEqual([reference("trainer-tfjs"), reference("trainer-tfjs")]);
    expect(await trainerImages(gcp)).toEqual([reference("trainer-python"), reference("trainer-python")]);
    expect(findContainerProcesses(["python3", "trainer.py"])).toHaveLength(2);
  });

  it("runs Python as nobody on a root file system that it cannot write to", async () => {
    const [pod] = (
      await kubectl(gcp, [
        ...["get", "pods", "-n", jobNamespace, "-l", `tributary.dev/job-name=${job.name}`],
        ...["-o", "jsonpath={.items[*].metadata.name}"],
      ])
    ).split(" ");
    const code = "import os; print(os.getuid(), os.access('/opt', os.W_OK), os.statvfs('/').f_flag & os.ST_RDONLY)";
    const said = await kubectl(gcp, [
      "exec",
      "-n",
      jobNamespace,
      pod ?? "",
      "-c",
      "trainer",
      "--",
      "python3",
      "-c",
      code,
    ]);
    expect(said.trim()).toBe("65532 False 1");
  });

  it("ends with the closed form, bit for bit, whichever program trained", async () => {
    const ended = await waitForEnd(job.hub, hubNamespace, job.name, { timeoutMs: 180_000 });
    expect(ended.status.round.committed).toBe(maxRounds);
    const { want, min, max } = await readClosedForm(stack.modelsFolder, job.name, maxRounds, localSteps);
    expect([min, max]).toEqual([want, want]);
  });

  it("has both workers in Python in every committed sum", async () => {
    const lines = await readLedger(job);
    const committed = lines.map(parseEntry).filter(({ outcome }) => outcome === "Committed");
    expect(committed.map(({ round }) => round)).toEqual([0, 1, 2, 3]);
    for (const entry of committed)
      expect(
        survivorsOf(entry)
          .filter(({ participant }) => participant === "gcp")
          .map((one) => one.workerIndex),
      ).toEqual([0, 1]);
  });
});
