import { type ControlPlane, renderKubeconfig } from "@tributary/clouds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, type Changes } from "../support/a-job.ts";
import { eventually } from "../support/eventually.ts";
import { apply, createOperatorRig, noopTemplate, type OperatorRig } from "../support/operator-rig.ts";

const noop = (name: string, cluster: string): Changes => ({
  "metadata.name": name,
  "spec.model": { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
  "spec.trainer": { runtime: "noop", task: "noop" },
  "spec.participants": [{ name: cluster, cluster, workers: 1 }],
  "spec.schedule": { synchronous: { maxRounds: 10, localSteps: 2, quorum: 1, deadline: "1m" } },
});
const rbac = "rbac.authorization.k8s.io";
const subjects = [{ kind: "ServiceAccount", name: "hub", namespace: "default" }];

/** Gives an account the rights of the member's chart in one namespace, and the one to ask whether that namespace is there. */
async function limitTo(member: ControlPlane, namespace: string): Promise<string> {
  await member.kubectl(["create", "serviceaccount", "hub"]);
  const names = ["kube-system", namespace];
  const rules = [{ apiGroups: [""], resources: ["namespaces"], resourceNames: names, verbs: ["get"] }];
  const roleRef = (kind: string) => ({ apiGroup: rbac, kind, name: "hub" });
  const [global, local] = [{ name: "hub" }, { name: "hub", namespace }];
  const inside = [
    { apiGroups: ["", "batch"], resources: ["jobs", "configmaps", "pods", "podtemplates"], verbs: ["*"] },
  ];
  for (const object of [
    { kind: "ClusterRole", metadata: global, rules },
    { kind: "ClusterRoleBinding", metadata: global, roleRef: roleRef("ClusterRole"), subjects },
    { kind: "Role", metadata: local, rules: inside },
    { kind: "RoleBinding", metadata: local, roleRef: roleRef("Role"), subjects },
  ])
    await apply(member, { apiVersion: `${rbac}/v1`, ...object } as never);
  const token = (await member.kubectl(["create", "token", "hub", "--duration=1h"])).trim();
  const { url, authorityPem } = member;
  return renderKubeconfig({ clusterName: "m", url, authorityPem, user: { token } });
}

/** Takes the Job controller's finalizer off pods that are being deleted: after their Job it may take its time to do so. */
async function letPodsGo(member: ControlPlane, namespace: string): Promise<void> {
  const names = await member.kubectl(["get", "pods", "-n", namespace, "-o", "name"]);
  const patch = ["--type=merge", "-p", '{"metadata":{"finalizers":null}}'];
  for (const name of names.split("\n").filter((line) => line !== ""))
    await member.kubectl(["patch", "-n", namespace, name, ...patch]).catch(() => {});
}

describe("places that a job can lose sight of, on real API servers", () => {
  let rig: OperatorRig;
  let aws: ControlPlane;
  let gcp: ControlPlane;

  beforeAll(async () => {
    rig = await createOperatorRig(["aws", "gcp"]);
    [aws, gcp] = [rig.members.aws!, rig.members.gcp!];
    rig.startOperator();
  });
  afterAll(() => rig?.close());

  const objects = (member: ControlPlane, namespace: string, job: string): Promise<string> =>
    member.kubectl(["get", "jobs,configmaps", "-n", namespace, "-l", `tributary.dev/job-name=${job}`, "-o", "name"]);
  const whenPlaced = (member: ControlPlane, namespace: string, job: string) =>
    eventually(`${job} is placed`, async () =>
      (await objects(member, namespace, job)).split("\n").filter((line) => line !== "").length === 2 ? true : undefined,
    );
  const whenGone = (job: string) =>
    eventually(`${job} is gone`, async () =>
      (await rig.hub.kubectl(["get", "ftj", job, "--ignore-not-found", "-o", "name"])) === "" ? true : undefined,
    );

  it("lets a job go whose namespace in the member was deleted while no operator ran", async () => {
    await aws.kubectl(["create", "namespace", "short"]);
    const metadata = { ...(noopTemplate.metadata as object), namespace: "short" };
    await apply(aws, { ...noopTemplate, metadata } as never);
    await rig.register("aws", await limitTo(aws, "short"), [{ hub: "default", member: "short" }]);
    await apply(rig.hub, aJob(noop("orphaned", "aws")));
    await whenPlaced(aws, "short", "orphaned");
    await rig.stopOperator();
    await aws.kubectl(["delete", "namespace", "short", "--wait=false"]);
    const find = ["get", "namespace", "short", "--ignore-not-found", "-o", "name"];
    await eventually("it is gone", async () => {
      await letPodsGo(aws, "short");
      return (await aws.kubectl(find)) === "" ? true : undefined;
    });
    rig.startOperator();
    await rig.hub.kubectl(["delete", "ftj", "orphaned", "--wait=false"]);
    await whenGone("orphaned");
  });

  it("waits for the cluster in which the job is when its name leads to another one", async () => {
    await rig.register("gcp", gcp.kubeconfig);
    await apply(rig.hub, aJob(noop("moved", "gcp")));
    await whenPlaced(gcp, "jobs", "moved");
    const uid = await eventually("the record names the cluster", async () => {
      const said = await rig.read("{.status.placements[0].clusterUid}", "moved");
      return said === "" ? undefined : said;
    });
    expect(uid).toBe(await gcp.kubectl(["get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"]));
    await rig.register("gcp", aws.kubeconfig);
    const changes = ["get", "events", "-A", "--field-selector=reason=ClusterChanged", "-o", "name"];
    await eventually("it is seen", async () => ((await rig.hub.kubectl(changes)) === "" ? undefined : true));
    await rig.hub.kubectl(["delete", "ftj", "moved", "--wait=false"]);
    await eventually("it says so", async () => {
      const message = await rig.read('{.status.conditions[?(@.type=="Progressing")].message}', "moved");
      return message.includes(`the job has objects in the one with uid ${uid}`) ? true : undefined;
    });
    expect(await objects(gcp, "jobs", "moved")).not.toBe("");
    await rig.register("gcp", gcp.kubeconfig);
    await whenGone("moved");
    expect(await objects(gcp, "jobs", "moved")).toBe("");
  });

  it("leaves alone what runs when its name leads to another cluster by mistake, and tells of it until that is put right", async () => {
    await apply(rig.hub, aJob(noop("kept", "gcp")));
    await whenPlaced(gcp, "jobs", "kept");
    const uids = () =>
      gcp.kubectl([
        "get",
        "jobs,configmaps",
        "-n",
        "jobs",
        "-l",
        "tributary.dev/job-name=kept",
        "-o",
        "jsonpath={..uid}",
      ]);
    const before = await uids();
    await eventually("the record names the cluster", async () =>
      (await rig.read("{.status.placements[0].clusterUid}", "kept")) === "" ? undefined : true,
    );
    const isTold = async () => (await rig.read("{.status.clusters[0].reason}", "kept")) === "ClusterChanged";
    await rig.register("gcp", aws.kubeconfig);
    await eventually("it is told", async () => ((await isTold()) ? true : undefined));
    expect(await objects(aws, "jobs", "kept")).toBe("");
    await rig.register("gcp", gcp.kubeconfig);
    await eventually("it is told no more", async () => ((await isTold()) ? undefined : true));
    expect(await rig.read("{.status.placements[*].state}", "kept")).toBe("Wanted");
    expect(await uids()).toBe(before);
    await rig.hub.kubectl(["delete", "ftj", "kept", "--wait=false"]);
    await whenGone("kept");
    expect(await objects(gcp, "jobs", "kept")).toBe("");
  });

  it("keeps the record of a job whose last place is gone, so that no cluster is searched and none that is away is waited for", async () => {
    await rig.register("away", aws.kubeconfig.replaceAll(aws.url, "https://127.0.0.1:1"));
    await apply(rig.hub, aJob(noop("resting", "gcp")));
    await whenPlaced(gcp, "jobs", "resting");
    await rig.hub.kubectl(["patch", "ftj", "resting", "--type=merge", "-p", '{"spec":{"suspend":true}}']);
    const record = () => rig.read("{.status.placements} {.status.unsearchedClusters}", "resting");
    await eventually("nothing is left", async () => {
      await letPodsGo(gcp, "jobs");
      return (await objects(gcp, "jobs", "resting")) === "" ? true : undefined;
    });
    await eventually("the record says so", async () => ((await record()).includes("Leaving") ? undefined : true));
    expect(await record()).toBe("[] []");
    await rig.hub.kubectl(["delete", "ftj", "resting", "--wait=false"]);
    await whenGone("resting");
    await rig.hub.kubectl(["delete", "mbr", "away"]);
  });
});
