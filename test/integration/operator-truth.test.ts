import { type FederatedTrainingJob, Kinds } from "@tributary/contracts";
import { connectCluster, type KubeObject, kubeconfigHubAccess, writeStatus } from "@tributary/operator";
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

type TrainingJob = FederatedTrainingJob & KubeObject;

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

  it("names a quota that refuses its pods", async () => {
    await apply(rig.members.aws!, {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "nothing", namespace: "jobs" },
      spec: { hard: { pods: "0" } },
    });
    const counted = ["get", "resourcequota", "nothing", "-o", "jsonpath={.status.hard.pods}"];
    await eventually("the quota is counted", async () => ((await member(counted)) === "0" ? true : undefined));
    const participants = [{ name: "aws", cluster: "aws", workers: 1 }];
    await apply(rig.hub, aJob({ ...noop, "spec.participants": participants, "metadata.name": "refused" }));
    const message = await untilTold("refused", "ClustersReady", "QuotaExceeded");
    for (const part of ["participant aws", "exceeded quota: nothing", "raise the ResourceQuota"])
      expect(message).toContain(part);
    expect(await rig.read("{.status.clusters[0].reason}", "refused")).toBe("QuotaExceeded");
    await member(["delete", "resourcequota", "nothing"]);
  });

  it("writes no status of a job that waits while nothing changes, for as long as its member is heard twice anew", async () => {
    const version = () => rig.read("{.metadata.resourceVersion}", "evicted");
    const lastHeard = () => rig.hub.kubectl(["get", "mbr", "aws", "-o", "jsonpath={.status.lastHeardTime}"]);
    const untilHeardAnew = async (): Promise<void> => {
      const before = await lastHeard();
      await eventually("the member is heard anew", async () => ((await lastHeard()) === before ? undefined : true));
    };
    await untilTold("evicted", "ClustersReady", "WaitingForWorkers");
    const before = await version();
    await untilHeardAnew();
    await untilHeardAnew();
    expect(await version()).toBe(before);
  });

  it("takes nothing back by a look at an old copy of a job, and goes on from the new one", async () => {
    const { client } = connectCluster(kubeconfigHubAccess(rig.hub.kubeconfig).access, { cluster: "hub" });
    await rig.stopOperator();
    const ref = { namespace: "default", name: "evicted" };
    const read = async () => (await client.get<TrainingJob>(Kinds.FederatedTrainingJob, ref)) as TrainingJob;
    const signal = AbortSignal.timeout(30_000);
    const old = await read();
    const failed = {
      type: "Failed",
      status: "True" as const,
      reason: "WorkerFailed",
      message: "",
      lastTransitionTime: new Date().toISOString(),
    };
    const withFailed = { ...old.status, conditions: [...(old.status?.conditions ?? []), failed] };
    expect(await writeStatus(client, old, withFailed, signal)).toBe("written");
    expect(await writeStatus(client, old, { ...old.status, phase: "Training" }, signal)).toBe("stale");
    const live = await read();
    expect(live.status).toEqual(withFailed);
    expect(await writeStatus(client, live, { ...withFailed }, signal)).toBe("unchanged");
    await rig.hub.kubectl(["annotate", "ftj", "evicted", "note=none-of-the-status"]);
    expect(await writeStatus(client, live, { ...withFailed, phase: "Failed" }, signal)).toBe("written");
  });

  it("says which right it lacks on the hub, and goes on once it is granted, though the job did not change", async () => {
    const { hub } = rig;
    const [namespace, account] = ["tributary-system", "limited"];
    await hub.kubectl(["create", "serviceaccount", account, "-n", namespace]);
    const subject = `--serviceaccount=${namespace}:${account}`;
    const role = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: account },
      rules: [
        {
          apiGroups: ["tributary.dev", "apps", "coordination.k8s.io", "events.k8s.io"],
          resources: ["*"],
          verbs: ["*"],
        },
        {
          apiGroups: [""],
          resources: ["services", "configmaps", "pods", "events", "persistentvolumeclaims"],
          verbs: ["*"],
        },
      ],
    };
    await apply(hub, role);
    await hub.kubectl(["create", "clusterrolebinding", account, `--clusterrole=${account}`, subject]);
    await hub.kubectl(["create", "rolebinding", account, "-n", namespace, "--clusterrole=cluster-admin", subject]);
    const token = (await hub.kubectl(["create", "token", account, "-n", namespace])).trim();
    rig.startOperator(
      hub.kubeconfig.replace(/client-certificate-data: .*/u, `token: ${token}`).replace(/\s*client-key-data: .*/u, ""),
    );
    const message = await untilTold("refused", "Progressing", "RBACDenied");
    for (const part of ["get secrets", 'in "default"', "tried again since", "grant the verb"])
      expect(message).toContain(part);
    await hub.kubectl(["create", "rolebinding", "granted", "-n", "default", "--clusterrole=cluster-admin", subject]);
    const isTold = async () => (await conditionOf("refused", "Progressing", "reason")) === "RBACDenied";
    await eventually("it is looked after again", async () => ((await isTold()) ? undefined : true), 90_000);
  });
});
