import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, type Changes, type Manifest } from "../support/a-job.ts";
import { eventually } from "../support/eventually.ts";
import { apply, createOperatorRig, type OperatorRig } from "../support/operator-rig.ts";

const noop: Changes = {
  "spec.model": { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
  "spec.trainer": { runtime: "noop", task: "noop" },
  "spec.schedule.synchronous.quorum": 1,
  "spec.failurePolicy": { workerRestartLimit: 0 },
};

interface Pod {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly status: { readonly phase: string };
}

describe("what a job says of its workers, with a real Job controller", () => {
  let rig: OperatorRig;

  beforeAll(async () => {
    rig = await createOperatorRig(["aws"]);
    rig.startOperator();
    await rig.register("aws", rig.members.aws!.kubeconfig);
  });

  afterAll(async () => {
    await rig?.close();
  });

  const conditionOf = (name: string, type: string, field: string): Promise<string> =>
    rig.read(`{.status.conditions[?(@.type=="${type}")].${field}}`, name);

  const untilTold = async (name: string, type: string, reason: string): Promise<string> => {
    await eventually(`${name}: ${type} has reason ${reason}`, async () =>
      (await conditionOf(name, type, "reason")) === reason ? true : undefined,
    );
    return conditionOf(name, type, "message");
  };

  const member = (args: readonly string[], input?: string): Promise<string> =>
    rig.members.aws!.kubectl([...args, "-n", "jobs"], input);

  const podsOf = async (name: string): Promise<Pod[]> =>
    JSON.parse(await member(["get", "pods", "-l", `tributary.dev/job-name=${name}`, "-o", "json"])).items;

  const batchJobOf = async (name: string): Promise<{ status: Record<string, unknown> }> =>
    JSON.parse(await member(["get", "jobs", "-l", `tributary.dev/job-name=${name}`, "-o", "json"])).items[0];

  const start = async (name: string, workers: number, changes: Changes = {}): Promise<Pod[]> => {
    const participants = [{ name: "aws", cluster: "aws", workers }];
    await apply(rig.hub, aJob({ ...noop, "spec.participants": participants, ...changes, "metadata.name": name }));
    return eventually(`${name} has ${workers} pods`, async () => {
      const pods = await podsOf(name);
      return pods.length === workers ? pods : undefined;
    });
  };

  /** What a kubelet reports of a worker that ended. */
  const end = (pod: Pod, exitCode: number, conditions: readonly Manifest[] = [], message = ""): Promise<string> =>
    member([
      ...["patch", "pod", pod.metadata.name, "--subresource=status", "--type=merge", "-p"],
      JSON.stringify({
        status: {
          phase: "Failed",
          conditions,
          containerStatuses: [
            {
              name: "trainer",
              image: "trainer:1",
              imageID: "",
              ready: false,
              restartCount: 0,
              state: { terminated: { exitCode, message, reason: "Error" } },
            },
          ],
        },
      }),
    ]);

  it("gives up an index at once when its trainer ends for good, makes no other pod for it, and names the cause", async () => {
    const [first, second] = await start("bad-data", 2);
    const cause = { code: "TRAINER_DATA_MISSING", reason: "DataMissing", message: "data set notes holds no sample" };
    await end(first!, 12, [], `${JSON.stringify(cause)}\n`);
    const message = await untilTold("bad-data", "Degraded", "DataMissing");
    expect(message).toContain("participant aws (cluster aws): 1 of 2 workers failed for good");
    expect(message).toContain("data set notes holds no sample; fill the data set");
    const index = first!.metadata.labels["batch.kubernetes.io/job-completion-index"];
    expect((await batchJobOf("bad-data")).status).toMatchObject({ failedIndexes: index, active: 1 });
    const active = (await podsOf("bad-data")).filter(({ status }) => status.phase !== "Failed");
    expect(active.map(({ metadata }) => metadata.name)).toEqual([second!.metadata.name]);

    await end(second!, 12);
    expect(await untilTold("bad-data", "Failed", "WorkerFailed")).toContain("0 workers are left and the quorum is 1");
  });

  it("does not count an eviction as a failure: another pod takes the place", async () => {
    const [pod] = await start("evicted", 1);
    const condition = { type: "DisruptionTarget", status: "True", reason: "EvictionByEvictionAPI", message: "drain" };
    await end(pod!, 143, [condition]);
    await eventually("another pod", async () => {
      const active = (await podsOf("evicted")).filter(({ status }) => status.phase !== "Failed");
      return active.length === 1 && active[0]?.metadata.name !== pod!.metadata.name ? true : undefined;
    });
    expect((await batchJobOf("evicted")).status).not.toHaveProperty("failedIndexes", "0");
    expect(await conditionOf("evicted", "Failed", "status")).toBe("");
  });

  it.each([["a quota", { pods: "0" }, "QuotaExceeded", ["exceeded quota: nothing", "raise the ResourceQuota"]]])(
    "names %s that refuses its pods",
    async (_what, hard, reason, parts) => {
      await apply(rig.members.aws!, {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "nothing", namespace: "jobs" },
        spec: { hard },
      });
      await eventually("the quota is counted", async () =>
        (await member(["get", "resourcequota", "nothing", "-o", "jsonpath={.status.hard.pods}"])) === "0"
          ? true
          : undefined,
      );
      const participants = [{ name: "aws", cluster: "aws", workers: 1 }];
      await apply(rig.hub, aJob({ ...noop, "spec.participants": participants, "metadata.name": "refused" }));
      const message = await untilTold("refused", "ClustersReady", reason);
      for (const part of ["participant aws", ...parts]) expect(message).toContain(part);
      expect(await rig.read("{.status.clusters[0].reason}", "refused")).toBe(reason);
      await member(["delete", "resourcequota", "nothing"]);
    },
  );
});
