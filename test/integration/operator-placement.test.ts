import { seatName } from "@tributary/operator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, type Changes } from "../support/a-job.ts";
import { eventually } from "../support/eventually.ts";
import { apply, createOperatorRig, noopTemplate, type OperatorRig, rigConfiguration } from "../support/operator-rig.ts";

/** Name of a seat's objects in its member. */
const seatOf = (participant: string): string =>
  seatName(rigConfiguration.hubId, { metadata: { name: "clinic-notes", namespace: "default" } }, participant);

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
    expect(job?.metadata.name).toBe(seatOf("aws"));
    expect(job?.metadata.ownerReferences).toMatchObject([{ kind: "ConfigMap", name: seatOf("aws") }]);
    expect(job?.spec).toMatchObject({
      completionMode: "Indexed",
      completions: 2,
      parallelism: 2,
      backoffLimitPerIndex: 10,
    });
    expect(job?.spec.template).toMatchObject({
      metadata: { labels: { team: "ml", "tributary.dev/participant": "aws" } },
      spec: { volumes: [{ configMap: { name: seatOf("aws") } }] },
    });
    const worker = JSON.parse(
      await rig.members.aws!.kubectl([
        "get",
        "configmap",
        seatOf("aws"),
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
      seatOf("gcp"),
      "-n",
      "jobs",
      "-o",
      "jsonpath={.metadata.uid}",
    ]);
    await rig.members.gcp!.kubectl(["delete", "configmap", seatOf("gcp"), "-n", "jobs"]);
    await rig.hub.kubectl(["delete", "statefulset", "clinic-notes-aggregator"]);
    await eventually("another Job in gcp", async () => {
      const now = await rig.members.gcp!.kubectl([
        "get",
        "job",
        seatOf("gcp"),
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

  it("shows a member that stops answering as lost, says since when, and adopts what is there when it returns", async () => {
    const gcp = rig.members.gcp!;
    const uidOfJob = () => gcp.kubectl(["get", "job", seatOf("gcp"), "-n", "jobs", "-o", "jsonpath={.metadata.uid}"]);
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
      metadata: { name: seatOf("aws"), namespace: "jobs" },
      data: { mine: "yes" },
    });
    await apply(rig.hub, aJob(noop));
    await eventually("gcp is placed", async () => ((await batchJobs("gcp")).length === 1 ? true : undefined));
    expect(
      await rig.members.aws!.kubectl(["get", "configmap", seatOf("aws"), "-n", "jobs", "-o", "jsonpath={.data.mine}"]),
    ).toBe("yes");
    expect(await batchJobs("aws")).toEqual([]);
    await apply(rig.members.aws!, noopTemplate);
  });
});
