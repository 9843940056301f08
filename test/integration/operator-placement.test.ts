import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, type Changes } from "../support/a-job.ts";
import { eventually } from "../support/eventually.ts";
import { apply, createOperatorRig, noopTemplate, type OperatorRig } from "../support/operator-rig.ts";

const noop: Changes = {
  "spec.model": { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
  "spec.trainer": { runtime: "noop", task: "noop" },
  "spec.participants": [
    { name: "aws", cluster: "aws", workers: 2 },
    { name: "gcp", cluster: "gcp", workers: 1 },
  ],
};

describe("the operator between a hub and two members on real API servers", () => {
  let rig: OperatorRig;

  beforeAll(async () => {
    rig = await createOperatorRig(["aws", "gcp"]);
    rig.startOperator();
    await rig.register("aws", rig.members.aws!.kubeconfig);
    await rig.register("gcp", rig.members.gcp!.kubeconfig);
  });

  afterAll(async () => {
    await rig?.close();
  });

  const reasonOf = (type: string, name?: string): Promise<string> =>
    rig.read(`{.status.conditions[?(@.type=="${type}")].reason}`, name);
  const batchJobs = async (
    member: string,
  ): Promise<
    {
      metadata: { name: string; ownerReferences: object[]; labels: Record<string, string> };
      spec: Record<string, unknown>;
    }[]
  > => JSON.parse(await rig.members[member]!.kubectl(["get", "jobs", "-n", "jobs", "-o", "json"])).items;

  it("says that both members are ready and what they run", async () => {
    await eventually("members ready", async () => {
      const ready = await rig.hub.kubectl([
        "get",
        "mbr",
        "-o",
        'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
      ]);
      return ready === "True True" ? ready : undefined;
    });
    expect(await rig.hub.kubectl(["get", "mbr", "aws", "-o", "jsonpath={.status.kubernetesVersion}"])).toMatch(
      /^v1\./u,
    );
  });

  it("makes aggregator, anchor and Indexed Job from the member's own template", async () => {
    await apply(rig.hub, aJob(noop));
    const [job] = await eventually("a Job in aws", async () =>
      (await batchJobs("aws")).length === 1 ? batchJobs("aws") : undefined,
    );
    expect(job?.metadata.name).toBe("clinic-notes-aws");
    expect(job?.metadata.ownerReferences).toMatchObject([{ kind: "ConfigMap", name: "clinic-notes-aws" }]);
    expect(job?.spec).toMatchObject({
      completionMode: "Indexed",
      completions: 2,
      parallelism: 2,
      backoffLimitPerIndex: 10,
    });
    expect(job?.spec.template).toMatchObject({
      metadata: { labels: { team: "ml", "tributary.dev/participant": "aws" } },
      spec: { volumes: [{ configMap: { name: "clinic-notes-aws" } }] },
    });
    const worker = JSON.parse(
      await rig.members.aws!.kubectl([
        "get",
        "configmap",
        "clinic-notes-aws",
        "-n",
        "jobs",
        "-o",
        "jsonpath={.data.worker\\.json}",
      ]),
    );
    expect(worker).toMatchObject({
      participant: "aws",
      aggregator: {
        serverName: "clinic-notes.default.aggregator.tributary",
        controlAddress: expect.stringMatching(/^127\.0\.0\.1:3\d{4}$/u),
      },
    });
    const set = JSON.parse(await rig.hub.kubectl(["get", "statefulset", "clinic-notes-aggregator", "-o", "json"]));
    expect(set.spec.template.spec.securityContext.runAsNonRoot).toBe(true);
    expect(await reasonOf("Accepted")).toBe("Valid");
    expect(await reasonOf("AggregationReady")).toBe("AggregatorNotReady");
  });

  it("puts no private key of a member and no token into any object of a member", async () => {
    const text = await rig.members.aws!.kubectl(["get", "configmaps,jobs", "-n", "jobs", "-o", "yaml"]);
    expect(text).not.toContain("PRIVATE KEY");
  });

  it("makes again what somebody removed, on the hub and in a member", async () => {
    const uid = await rig.members.gcp!.kubectl([
      "get",
      "job",
      "clinic-notes-gcp",
      "-n",
      "jobs",
      "-o",
      "jsonpath={.metadata.uid}",
    ]);
    await rig.members.gcp!.kubectl(["delete", "configmap", "clinic-notes-gcp", "-n", "jobs"]);
    await rig.hub.kubectl(["delete", "statefulset", "clinic-notes-aggregator"]);
    await eventually("another Job in gcp", async () => {
      const now = await rig.members.gcp!.kubectl([
        "get",
        "job",
        "clinic-notes-gcp",
        "-n",
        "jobs",
        "-o",
        "jsonpath={.metadata.uid}",
      ]);
      return now !== uid ? now : undefined;
    });
    await eventually("the StatefulSet again", async () =>
      rig.hub.kubectl(["get", "statefulset", "clinic-notes-aggregator", "-o", "name"]),
    );
  });

  it("grows its status back when somebody deletes it", async () => {
    await rig.hub.kubectl([
      "patch",
      "ftj",
      "clinic-notes",
      "--subresource=status",
      "--type=json",
      "-p",
      '[{"op":"remove","path":"/status"}]',
    ]);
    await eventually("the status again", async () => ((await reasonOf("Accepted")) === "Valid" ? true : undefined));
  });

  it.each<[string, Changes, string, string]>([
    ["an unknown cluster", { "spec.participants.1.cluster": "moon" }, "ClusterNotFound", "moon"],
    ["an unknown runtime", { "spec.trainer.runtime": "jax" }, "RuntimeNotFound", "offered: noop"],
    ["an unknown data set", { "spec.participants.0.dataset": "secrets" }, "DatasetNotFound", "secrets"],
    ["an unknown claim", { "spec.output.persistentVolumeClaim": "nowhere" }, "ClaimNotFound", "nowhere"],
  ])(
    "says within ten seconds that a job names %s, and goes on with the others",
    async (_what, changes, reason, part) => {
      const name = `bad-${reason.toLowerCase()}`;
      await apply(rig.hub, aJob({ ...noop, ...changes, "metadata.name": name }));
      await eventually(
        `reason ${reason}`,
        async () => ((await reasonOf("Accepted", name)) === reason ? true : undefined),
        10_000,
      );
      expect(await rig.read('{.status.conditions[?(@.type=="Accepted")].message}', name)).toContain(part);
      expect(await rig.read("{.status.phase}", name)).toBe("Rejected");
      const events = await eventually(
        "an event",
        async () =>
          (await rig.hub.kubectl(["get", "events", "-o", "jsonpath={.items[*].reason}"])).includes(reason) || undefined,
        10_000,
      );
      expect(events).toBe(true);
      await rig.hub.kubectl(["delete", "ftj", name, "--timeout=30s"]);
    },
  );

  it("says that a job's namespace is not mapped", async () => {
    await rig.hub.kubectl(["create", "namespace", "unmapped"]);
    const claim = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    await apply(rig.hub, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "models", namespace: "unmapped" },
      spec: claim,
    });
    await apply(rig.hub, aJob({ ...noop, "metadata.namespace": "unmapped" }));
    const reason = await eventually("NamespaceNotMapped", async () => {
      const now = await rig.hub.kubectl([
        "get",
        "ftj",
        "-n",
        "unmapped",
        "-o",
        'jsonpath={.items[0].status.conditions[?(@.type=="Accepted")].reason}',
      ]);
      return now === "NamespaceNotMapped" ? now : undefined;
    });
    expect(reason).toBe("NamespaceNotMapped");
  });

  it.each([
    ["a malformed kubeconfig", "not: a kubeconfig", "KubeconfigInvalid"],
    ["an unreachable API server", "", "ClusterUnreachable"],
    ["a refused credential", "token", "CredentialRejected"],
  ])("says within ten seconds that a member has %s, and the others stay ready", async (_what, kind, reason) => {
    const name = `m-${reason.toLowerCase()}`;
    const good = rig.members.aws!.kubeconfig;
    const kubeconfig =
      kind === ""
        ? good.replace(/server: .*/u, "server: https://127.0.0.1:1")
        : kind === "token"
          ? withToken(good)
          : kind;
    await rig.register(name, kubeconfig);
    await eventually(
      reason,
      async () =>
        (await rig.hub.kubectl([
          "get",
          "mbr",
          name,
          "-o",
          'jsonpath={.status.conditions[?(@.type=="Ready")].reason}',
        ])) === reason
          ? true
          : undefined,
      10_000,
    );
    expect(
      await rig.hub.kubectl(["get", "mbr", "aws", "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].status}']),
    ).toBe("True");
    await rig.hub.kubectl(["delete", "mbr", name]);
  });

  it("shows a member that stops answering as lost, says since when, and adopts what is there when it returns", async () => {
    const gcp = rig.members.gcp!;
    const uidOfJob = () =>
      gcp.kubectl(["get", "job", "clinic-notes-gcp", "-n", "jobs", "-o", "jsonpath={.metadata.uid}"]);
    const since = () => rig.hub.kubectl(["get", "mbr", "gcp", "-o", "jsonpath={.status.disconnectedSince}"]);
    const uid = await uidOfJob();
    gcp.signal("kube-apiserver", "SIGSTOP");
    await eventually("Degraded", async () => ((await reasonOf("Degraded")) === "ClusterLost" ? true : undefined));
    expect(await rig.read('{.status.clusters[?(@.participant=="gcp")].state}')).toBe("Lost");
    await eventually("since when is said", async () => ((await since()).startsWith("20") ? true : undefined));
    gcp.signal("kube-apiserver", "SIGCONT");
    await eventually("not Degraded", async () => ((await reasonOf("Degraded")) === "AllReady" ? true : undefined));
    expect(await uidOfJob()).toBe(uid);
    await eventually("the loss clock is reset", async () => ((await since()) === "" ? true : undefined));
  });

  it("cleans up in every member on deletion, also in one that returns later", async () => {
    rig.members.gcp!.signal("kube-apiserver", "SIGSTOP");
    await eventually("gcp lost", async () =>
      (await rig.read('{.status.clusters[?(@.participant=="gcp")].state}')) === "Lost" ? true : undefined,
    );
    await rig.hub.kubectl(["delete", "ftj", "clinic-notes", "--wait=false"]);
    await eventually("aws is clean", async () => ((await batchJobs("aws")).length === 0 ? true : undefined));
    expect(await reasonOf("Progressing")).toBe("CleanupPending");
    await rig.stopOperator();
    rig.startOperator();
    rig.members.gcp!.signal("kube-apiserver", "SIGCONT");
    await eventually("the job is gone", async () =>
      (await rig.hub.kubectl(["get", "ftj", "-o", "name"])) === "" ? true : undefined,
    );
    expect(await batchJobs("gcp")).toEqual([]);
    expect(
      await rig.members.gcp!.kubectl([
        "get",
        "configmaps",
        "-n",
        "jobs",
        "-l",
        "tributary.dev/origin=rig",
        "-o",
        "name",
      ]),
    ).toBe("");
  });

  it("leaves objects of the same name that are not its own alone and says so", async () => {
    await apply(rig.members.aws!, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "clinic-notes-aws", namespace: "jobs" },
      data: { mine: "yes" },
    });
    await apply(rig.hub, aJob(noop));
    await eventually("gcp is placed", async () => ((await batchJobs("gcp")).length === 1 ? true : undefined));
    expect(
      await rig.members.aws!.kubectl([
        "get",
        "configmap",
        "clinic-notes-aws",
        "-n",
        "jobs",
        "-o",
        "jsonpath={.data.mine}",
      ]),
    ).toBe("yes");
    expect(await batchJobs("aws")).toEqual([]);
    await apply(rig.members.aws!, noopTemplate);
  });
});

function withToken(kubeconfig: string): string {
  return kubeconfig.replace(/client-certificate-data: .*/u, "token: wrong").replace(/\s*client-key-data: .*/u, "");
}
