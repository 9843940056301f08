import { startControlPlane } from "@tributary/clouds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, type Changes, type Manifest } from "../support/a-job.ts";
import { eventually } from "../support/eventually.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { apply, createOperatorRig, type OperatorRig } from "../support/operator-rig.ts";

const noop = (name: string, ...clusters: string[]): Changes => ({
  "metadata.name": name,
  "spec.model": { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
  "spec.trainer": { runtime: "noop", task: "noop" },
  "spec.participants": clusters.map((cluster) => ({ name: cluster, cluster, workers: 1 })),
  "spec.schedule.synchronous.quorum": 1,
});

interface MemberObject {
  readonly metadata: { readonly uid: string; readonly finalizers?: string[]; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly acceleratorsSummary?: string;
    readonly namespaces?: readonly { name: string; mapped: boolean; ready: boolean; reason?: string }[];
    readonly conditions?: readonly {
      type: string;
      status: string;
      reason: string;
      message: string;
      lastTransitionTime: string;
    }[];
  };
}

let rig: OperatorRig;

beforeAll(async () => {
  rig = await createOperatorRig(["aws", "gcp"]);
  rig.startOperator();
  for (const name of ["aws", "gcp"]) await rig.register(name, rig.members[name]!.kubeconfig);
  await Promise.all([shows("aws", "Ready", "True"), shows("gcp", "Ready", "True")]);
});

afterAll(async () => {
  await rig?.close();
});

async function memberOf(name: string): Promise<MemberObject | undefined> {
  const text = await rig.hub.kubectl(["get", "mbr", name, "--ignore-not-found", "-o", "json"]);
  return text.trim() === "" ? undefined : JSON.parse(text);
}

const conditionOf = async (name: string, type: string) =>
  (await memberOf(name))?.status?.conditions?.find((condition) => condition.type === type);

/** Waits until a condition of a member has this status and, where one is named, this reason. */
function shows(name: string, type: string, status: string, reason?: string) {
  return eventually(`${name}: ${type}=${status} ${reason ?? ""}`, async () => {
    const condition = await conditionOf(name, type);
    if (condition?.status === status && (reason === undefined || condition.reason === reason)) return condition;
    throw new Error(JSON.stringify(condition));
  });
}

/** Names of the Jobs and ConfigMaps in a member's namespace, with uids, that match a selector. */
async function objectsIn(name: string, selector: string, namespace = "jobs"): Promise<string[]> {
  const columns = 'jsonpath={range .items[*]}{.kind}/{.metadata.name}/{.metadata.uid}{"\\n"}{end}';
  const text = await rig.members[name]!.kubectl([
    "get",
    "jobs,configmaps",
    "-n",
    namespace,
    "-l",
    selector,
    "-o",
    columns,
  ]);
  return text.split("\n").filter((line) => line !== "");
}

const ofJob = (job: string): string => `tributary.dev/job-name=${job}`;

async function place(job: string, ...clusters: string[]): Promise<void> {
  await apply(rig.hub, aJob(noop(job, ...clusters)));
  for (const cluster of clusters)
    await eventually(`${job} is placed in ${cluster}`, async () =>
      (await objectsIn(cluster, ofJob(job))).length === 2 ? true : undefined,
    );
}

/** Deletes a job on the hub past its finalizer, as an admin who has lost patience does. */
async function deleteByForce(job: string): Promise<void> {
  await rig.hub.kubectl(["delete", "ftj", job, "--wait=false"]);
  await rig.hub
    .kubectl(["patch", "ftj", job, "--type=merge", "-p", '{"metadata":{"finalizers":null}}'])
    .catch(() => "");
  await eventually(`${job} is gone`, async () =>
    (await rig.hub.kubectl(["get", "ftj", job, "--ignore-not-found", "-o", "name"])) === "" ? true : undefined,
  );
}

async function setKubeconfig(name: string, kubeconfig: string): Promise<void> {
  await apply(rig.hub, {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: `member-${name}`, namespace: "tributary-system" },
    data: { kubeconfig: Buffer.from(kubeconfig).toString("base64") },
  });
}

/** A kubeconfig of an account that may do in the named namespaces what the hub needs, and nothing else. */
async function limitedKubeconfig(name: string, ...namespaces: string[]): Promise<string> {
  const member = rig.members[name]!;
  await apply(member, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "hub", namespace: "jobs" } });
  for (const namespace of namespaces) await allow(name, namespace);
  const token = (await member.kubectl(["create", "token", "hub", "-n", "jobs", "--duration=1h"])).trim();
  return withUser(member.url, member.authorityPem, { token });
}

async function allow(name: string, namespace: string): Promise<void> {
  const rules = [{ apiGroups: ["", "batch"], resources: ["jobs", "configmaps", "pods", "podtemplates"], verbs: ["*"] }];
  const metadata = { name: "hub", namespace };
  const rbac = "rbac.authorization.k8s.io";
  await apply(rig.members[name]!, { apiVersion: `${rbac}/v1`, kind: "Role", metadata, rules });
  await apply(rig.members[name]!, {
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata,
    roleRef: { apiGroup: rbac, kind: "Role", name: "hub" },
    subjects: [{ kind: "ServiceAccount", name: "hub", namespace: "jobs" }],
  });
}

function withUser(server: string, authorityPem: string, user: object): string {
  const ca = Buffer.from(authorityPem).toString("base64");
  return JSON.stringify({
    "current-context": "m",
    contexts: [{ name: "m", context: { cluster: "m", user: "m" } }],
    clusters: [{ name: "m", cluster: { server, "certificate-authority-data": ca } }],
    users: [{ name: "m", user }],
  });
}

const aConfigMap = (name: string, labels: Record<string, string>): Manifest => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "jobs", labels },
});

describe("the credential of a member", () => {
  it("ends with its Secret: the link closes, jobs' objects stay, and a new Secret brings it back", async () => {
    const proxy = await startFaultProxy(rig.members.gcp!.url);
    await setKubeconfig("gcp", proxy.redirect(rig.members.gcp!.kubeconfig));
    await eventually("the link goes through the proxy", async () => (proxy.open() > 0 ? true : undefined));
    await rig.hub.kubectl(["delete", "secret", "member-gcp", "-n", "tributary-system"]);
    const ready = await shows("gcp", "Ready", "False", "SecretNotFound");
    expect(ready.message).toContain('Secret "member-gcp" does not exist; create it');
    await shows("gcp", "CredentialsValid", "False", "SecretNotFound");
    await shows("gcp", "Stalled", "True");
    await eventually("every connection is closed", async () => (proxy.open() === 0 ? true : undefined));
    await setKubeconfig("gcp", rig.members.gcp!.kubeconfig);
    await shows("gcp", "Ready", "True");
    expect(await conditionOf("gcp", "Stalled")).toBeUndefined();
    await proxy.close();
  });

  it.each([
    ["that is no YAML", () => "users: [secret-token", "KubeconfigInvalid"],
    [
      "that leads to nobody",
      () => withUser("https://127.0.0.1:1", rig.hub.authorityPem, { token: "secret-token" }),
      "ClusterUnreachable",
    ],
    [
      "with the CA of another cluster",
      () => withUser(rig.members.aws!.url, rig.hub.authorityPem, { token: "secret-token" }),
      "KubeconfigInvalid",
    ],
    [
      "with a token that nobody made",
      () => withUser(rig.members.aws!.url, rig.members.aws!.authorityPem, { token: "secret-token" }),
      "CredentialRejected",
    ],
    ["of an account without rights", () => limitedKubeconfig("aws"), "RBACDenied"],
  ])("is told when the Secret gets one %s, and the one before stays in use", async (_what, kubeconfig, reason) => {
    await setKubeconfig("aws", await kubeconfig());
    const refused = await shows("aws", "CredentialsValid", "False", reason);
    expect(refused.message).toContain("Secret member-aws");
    expect(refused.message).toContain("the kubeconfig before it is still in use");
    expect(refused.message).not.toContain("secret-token");
    expect(await conditionOf("aws", "Ready")).toMatchObject({ status: "True" });
    await setKubeconfig("aws", rig.members.aws!.kubeconfig);
    await shows("aws", "CredentialsValid", "True");
  });
});

describe("one edit of a MemberCluster", () => {
  const mapTo = (...members: string[]) =>
    rig.hub.kubectl([
      "patch",
      "mbr",
      "aws",
      "--type=merge",
      "-p",
      JSON.stringify({
        spec: {
          namespaces: members.map((member, index) => ({ hub: index === 0 ? "default" : `team-${index}`, member })),
        },
      }),
    ]);

  it("that maps a namespace without rights costs no other namespace the member, and heals by itself", async () => {
    await setKubeconfig("aws", await limitedKubeconfig("aws", "jobs"));
    await shows("aws", "NodesVisible", "False", "RBACDenied");
    const before = await shows("aws", "Ready", "True");
    await place("steady", "aws");
    const placed = await objectsIn("aws", ofJob("steady"));
    await mapTo("jobs", "typo");
    const failed = await shows("aws", "NamespacesReady", "False", "RBACDenied");
    expect(failed.message).toContain("typo");
    expect(await conditionOf("aws", "Ready")).toMatchObject({
      status: "True",
      lastTransitionTime: before.lastTransitionTime,
      message: expect.stringContaining("1 of 2 namespaces"),
    });
    expect((await memberOf("aws"))?.status?.namespaces).toMatchObject([
      { name: "jobs", mapped: true, ready: true },
      { name: "typo", mapped: true, ready: false, reason: "RBACDenied" },
    ]);
    await rig.members.aws!.kubectl(["create", "namespace", "typo"]);
    await allow("aws", "typo");
    await shows("aws", "NamespacesReady", "True");
    await mapTo("jobs");
    await eventually(
      "typo is empty, so it is told of no more",
      async () => ((await memberOf("aws"))?.status?.namespaces?.length === 1 ? true : undefined),
      120_000,
    );
    await setKubeconfig("aws", rig.members.aws!.kubeconfig);
    await shows("aws", "NodesVisible", "True");
    expect(await objectsIn("aws", ofJob("steady"))).toEqual(placed);
    expect(await conditionOf("aws", "Ready")).toMatchObject({ lastTransitionTime: before.lastTransitionTime });
  });

  it("that breaks the gate's CA is named on the member and reaches no aggregator", async () => {
    const setCa = (caBundle: string) =>
      rig.hub.kubectl(["patch", "mbr", "aws", "--type=merge", "-p", JSON.stringify({ spec: { gate: { caBundle } } })]);
    await expect(setCa(Buffer.from(rig.hub.authorityPem).toString("base64"))).rejects.toThrow("in PEM, and no key");
    const damaged = rig.hub.authorityPem.replace(/\n.{8}/u, "\n");
    await setCa(damaged);
    const refused = await shows("aws", "GateTrusted", "False", "GateCaInvalid");
    expect(refused.message).toContain("spec.gate.caBundle holds a damaged certificate as PEM block 1 of 1");
    // Whatever the text is indented by or escaped with.
    const compact = (text: string) => text.replace(/\s|\\n/gu, "");
    const written = compact(await rig.hub.kubectl(["get", "configmaps", "-o", "yaml"]));
    expect(written).not.toContain(compact(damaged));
    await setCa(`${rig.hub.authorityPem}\n${rig.members.aws!.authorityPem}`);
    expect((await shows("aws", "GateTrusted", "True")).message).toContain("2 certificates");
  });

  it("that adds nodes with odd quantities is counted as Kubernetes counts", async () => {
    for (const [name, amount] of Object.entries({ big: "1k", two: "2" })) {
      await apply(rig.members.aws!, { apiVersion: "v1", kind: "Node", metadata: { name } });
      const status = {
        allocatable: { "nvidia.com/gpu": amount, cpu: "8" },
        conditions: [{ type: "Ready", status: "True", reason: "KubeletReady", message: "", lastHeartbeatTime: null }],
      };
      await rig.members.aws!.kubectl([
        "patch",
        "node",
        name,
        "--subresource=status",
        "--type=merge",
        "-p",
        JSON.stringify({ status }),
      ]);
    }
    await eventually("1002 are free", async () =>
      (await memberOf("aws"))?.status?.acceleratorsSummary === "1002/1002" ? true : undefined,
    );
  });
});

describe("a MemberCluster that is deleted", () => {
  it("waits for the jobs that have something there, harms no other member, and goes with them", async () => {
    await place("both", "aws", "gcp");
    const before = await Promise.all(["aws", "gcp"].map((name) => objectsIn(name, ofJob("both"))));
    await rig.hub.kubectl(["delete", "ftj", "steady"]);
    await rig.hub.kubectl(["delete", "mbr", "aws", "--wait=false"]);
    const remaining = await shows("aws", "ContentRemaining", "True");
    expect(remaining.message).toContain("default/both");
    expect(remaining.message).toContain("tributary.dev/force-removal=aws");
    await shows("aws", "Ready", "False", "CleanupPending");
    await apply(rig.hub, aJob(noop("late", "aws", "gcp")));
    await eventually("a new job is told so", async () =>
      (await rig.read('{.status.conditions[?(@.type=="Accepted")].reason}', "late")) === "ClusterLeaving"
        ? true
        : undefined,
    );
    expect(await Promise.all(["aws", "gcp"].map((name) => objectsIn(name, ofJob("both"))))).toEqual(before);
    await rig.hub.kubectl(["delete", "ftj", "both", "late"]);
    await eventually("the MemberCluster is gone", async () =>
      (await memberOf("aws")) === undefined ? true : undefined,
    );
    expect(await objectsIn("aws", "tributary.dev/origin=rig")).toEqual([]);
  });

  it("goes at once when it is forced by name, and is cleaned when it is registered again; what is not ours stays", async () => {
    await rig.register("aws", rig.members.aws!.kubeconfig);
    await shows("aws", "Ready", "True");
    await place("lost", "aws", "gcp");
    const [lost] = await objectsIn("aws", ofJob("lost"));
    const uid = JSON.parse(await rig.hub.kubectl(["get", "ftj", "lost", "-o", "json"])).metadata.uid;
    const labels = { "tributary.dev/job-uid": uid, "tributary.dev/job-name": "copy" };
    await apply(rig.members.aws!, aConfigMap("copy", { ...labels, "tributary.dev/origin": "rig" }));
    await apply(rig.members.aws!, aConfigMap("other-hub", { ...labels, "tributary.dev/origin": "another" }));
    await rig.hub.kubectl(["delete", "mbr", "aws", "--wait=false"]);
    await rig.hub.kubectl(["annotate", "mbr", "aws", "tributary.dev/force-removal=wrong"]);
    expect((await shows("aws", "ContentRemaining", "True")).message).toContain("default/lost");
    await rig.hub.kubectl(["annotate", "--overwrite", "mbr", "aws", "tributary.dev/force-removal=aws"]);
    await eventually("the MemberCluster is gone", async () =>
      (await memberOf("aws")) === undefined ? true : undefined,
    );
    expect(await objectsIn("aws", ofJob("lost"))).toContain(lost);
    await deleteByForce("lost");
    await rig.register("aws", rig.members.aws!.kubeconfig);
    await eventually("what the job left is removed", async () =>
      (await objectsIn("aws", ofJob("lost"))).length === 0 ? true : undefined,
    );
    expect(await objectsIn("aws", ofJob("copy"))).toHaveLength(2);
    await eventually("it is told", async () =>
      (
        await rig.hub.kubectl(["get", "events", "-A", "-o", 'jsonpath={.items[?(@.reason=="Collected")].message}'])
      ).includes("default/lost")
        ? true
        : undefined,
    );
    expect((await shows("aws", "Clean", "False", "ForeignObject")).message).toContain("ConfigMap jobs/copy");
    await rig.members.aws!.kubectl(["delete", "configmap", "copy", "-n", "jobs"]);
  });
});

describe("a member that is another cluster", () => {
  it("is told of when the kubeconfig leads there", async () => {
    const other = await startControlPlane({ name: "other" });
    try {
      await other.kubectl(["create", "namespace", "jobs"]);
      await setKubeconfig("gcp", other.kubeconfig);
      await eventually("it is told", async () =>
        (await rig.hub.kubectl(["get", "events", "-A", "-o", "jsonpath={.items[*].reason}"])).includes("ClusterChanged")
          ? true
          : undefined,
      );
    } finally {
      await other.stop();
    }
  });
});
