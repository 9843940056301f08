import type { ControlPlane } from "@tributary/clouds";
import { seatName } from "@tributary/operator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aJob, type Changes } from "../support/a-job.ts";
import { eventually } from "../support/eventually.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { apply, createOperatorRig, type OperatorRig, rigConfiguration } from "../support/operator-rig.ts";

const noop: Changes = {
  ...quorum(1),
  "spec.model": { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
  "spec.trainer": { runtime: "noop", task: "noop" },
  "spec.participants": [
    { name: "aws", cluster: "aws", workers: 2 },
    { name: "gcp", cluster: "gcp", workers: 1 },
  ],
};
const onAws: Changes = { ...noop, "spec.participants": [{ name: "aws", cluster: "aws", workers: 1 }] };

function quorum(count: number): Changes {
  return { "spec.schedule": { synchronous: { maxRounds: 10, localSteps: 4, quorum: count, deadline: "10m" } } };
}

interface Job {
  readonly metadata: { readonly name: string; readonly uid: string; readonly labels: Record<string, string> };
  readonly spec: { readonly parallelism: number };
}

describe("seats between a hub and two members on real API servers", () => {
  let rig: OperatorRig;
  let proxy: FaultProxy;
  let aws: ControlPlane;
  let gcp: ControlPlane;

  beforeAll(async () => {
    rig = await createOperatorRig(["aws", "gcp"]);
    [aws, gcp] = [rig.members.aws as ControlPlane, rig.members.gcp as ControlPlane];
    const address = /server: (\S+)/u.exec(gcp.kubeconfig)?.[1] ?? "";
    proxy = await startFaultProxy(address);
    await rig.hub.kubectl(["create", "namespace", "clinic"]);
    await apply(rig.hub, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "models", namespace: "clinic" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    rig.startOperator();
    await registerBoth();
  });

  afterAll(async () => {
    await rig?.close();
    await proxy?.close();
  });

  const both = ["default", "clinic"].map((hub) => ({ hub, member: "jobs" }));
  const registerGcp = () => rig.register("gcp", proxy.redirect(gcp.kubeconfig), both);
  async function registerBoth(): Promise<void> {
    await rig.register("aws", aws.kubeconfig, both);
    await registerGcp();
  }

  const nameOf = (participant: string, name: string, namespace = "default"): string =>
    seatName(rigConfiguration.hubId, { metadata: { name, namespace } }, participant);
  const batchJobs = async (member: ControlPlane, name?: string): Promise<Job[]> => {
    const selector = name === undefined ? [] : ["-l", `tributary.dev/job-name=${name}`];
    return JSON.parse(await member.kubectl(["get", "jobs", "-n", "jobs", ...selector, "-o", "json"])).items;
  };
  /** What of this hub is left in a member, but for its root certificates. */
  const left = (member: ControlPlane): Promise<string> =>
    member.kubectl(["get", "jobs,configmaps,pods", "-n", "jobs", "-l", "tributary.dev/origin=rig", "-o", "name"]);
  const untilPlaced = (member: ControlPlane, name: string, count = 1): Promise<Job[]> =>
    eventually(`${name} is placed`, async () => {
      const jobs = await batchJobs(member, name);
      return jobs.length === count ? jobs : undefined;
    });
  const untilClean = (member: ControlPlane): Promise<boolean> =>
    eventually("the member is clean", async () => ((await left(member)) === "" ? true : undefined));
  const remove = (name: string, namespace = "default") =>
    rig.hub.kubectl(["delete", "ftj", name, "-n", namespace, "--wait=false"]);
  const untilGone = (name: string): Promise<boolean> =>
    eventually(`${name} is gone`, async () => {
      const jobs = await rig.hub.kubectl(["get", "ftj", "-A", "-o", "name"]);
      return jobs.includes(`/${name}\n`) || jobs.endsWith(`/${name}`) ? undefined : true;
    });
  const message = (type: string, name: string): Promise<string> =>
    rig.read(
      `{.status.conditions[?(@.type=="${type}")].reason}: {.status.conditions[?(@.type=="${type}")].message}`,
      name,
    );
  const placements = (name: string): Promise<string> =>
    rig.read("{range .status.placements[*]}{.cluster}/{.namespace} {.participant} {.state};{end}", name);
  const wipeStatus = (name: string) =>
    rig.hub.kubectl([
      ...["patch", "ftj", name, "--subresource=status", "--type=json"],
      ...["-p", '[{"op":"remove","path":"/status"}]'],
    ]);
  const suspend = (name: string, isSuspended: boolean, spec: object = {}) =>
    rig.hub.kubectl([
      ...["patch", "ftj", name, "--type=merge"],
      ...["-p", JSON.stringify({ spec: { suspend: isSuspended, ...spec } })],
    ]);

  it("records a place before anything is in it, and jobs whose names run together the same way never meet", async () => {
    const named = (participant: string) => [{ name: participant, cluster: "aws", workers: 1 }];
    await apply(rig.hub, aJob({ ...onAws, "metadata.name": "a", "spec.participants": named("b-c") }));
    await apply(rig.hub, aJob({ ...onAws, "metadata.name": "a-b", "spec.participants": named("c") }));
    const clinic = { "metadata.name": "a", "metadata.namespace": "clinic", "spec.participants": named("b-c") };
    await apply(rig.hub, aJob({ ...onAws, ...clinic }));
    const all = () => batchJobs(aws).then((jobs) => jobs.map(({ metadata }) => metadata.uid).sort());
    const uids = await eventually("three jobs", async () => ((await all()).length === 3 ? all() : undefined));
    expect(await placements("a")).toBe("aws/jobs b-c Wanted;");
    // Each was looked at several times since.
    for (const name of ["a", "a-b"]) await suspend(name, false, { ttlSecondsAfterFinished: 99 });
    await remove("a", "clinic");
    await eventually("one is gone", async () => ((await all()).length === 2 ? true : undefined));
    expect((await all()).every((uid) => uids.includes(uid))).toBe(true);
    await Promise.all([remove("a"), remove("a-b")]);
    await untilClean(aws);
    await untilGone("a-b");
  });

  it("leaves what is in the way alone, names it with its owner, and goes on when it is gone", async () => {
    const names = { aws: nameOf("aws", "way"), gcp: nameOf("gcp", "way") };
    const theirs = (kind: object, name: string) => ({ ...kind, metadata: { name, namespace: "jobs" } });
    await apply(aws, theirs({ apiVersion: "v1", kind: "ConfigMap", data: { mine: "yes" } }, names.aws));
    const container = { name: "theirs", image: "theirs:1" };
    const spec = { suspend: true, template: { spec: { restartPolicy: "Never", containers: [container] } } };
    await apply(gcp, theirs({ apiVersion: "batch/v1", kind: "Job", spec }, names.gcp));
    await apply(rig.hub, aJob({ ...noop, "metadata.name": "way" }));
    const told = await eventually("it is told", async () => {
      const text = await message("ClustersReady", "way");
      return text.startsWith("NameTaken") ? text : undefined;
    });
    expect(told).toContain(`ConfigMap jobs/${names.aws} in cluster aws exists and is not ours (made with kubectl)`);
    expect(await aws.kubectl(["get", "configmap", names.aws, "-n", "jobs", "-o", "jsonpath={.data}"])).toBe(
      '{"mine":"yes"}',
    );
    await aws.kubectl(["delete", "configmap", names.aws, "-n", "jobs"]);
    await untilPlaced(aws, "way");
    await remove("way");
    await untilGone("way");
    await untilClean(gcp);
    expect(
      await gcp.kubectl([
        "get",
        "job",
        names.gcp,
        "-n",
        "jobs",
        "-o",
        "jsonpath={.spec.template.spec.containers[0].image}",
      ]),
    ).toBe("theirs:1");
    await gcp.kubectl(["delete", "job", names.gcp, "-n", "jobs"]);
  });

  it("mends what somebody scaled, suspended or edited, in what is there", async () => {
    await apply(rig.hub, aJob({ ...onAws, "metadata.name": "drift" }));
    const [job] = await untilPlaced(aws, "drift");
    const name = job?.metadata.name as string;
    const patch = (kind: string, change: object) =>
      aws.kubectl(["patch", kind, name, "-n", "jobs", "--type=merge", "-p", JSON.stringify(change)]);
    await patch("job", { spec: { parallelism: 0, suspend: true } });
    await eventually("it is scaled back", async () => {
      const spec = await aws.kubectl([
        "get",
        "job",
        name,
        "-n",
        "jobs",
        "-o",
        "jsonpath={.spec.parallelism} {.spec.suspend}",
      ]);
      return spec === "1 false" ? true : undefined;
    });
    await patch("configmap", { data: { "worker.json": "{}" } });
    await eventually("its parameters are back", async () => {
      const data = await aws.kubectl(["get", "configmap", name, "-n", "jobs", "-o", "jsonpath={.data.worker\\.json}"]);
      return data.includes('"participant": "aws"') ? true : undefined;
    });
    expect((await batchJobs(aws, "drift"))[0]?.metadata.uid).toBe(job?.metadata.uid);
    await remove("drift");
    await untilGone("drift");
    expect(await left(aws)).toBe("");
  });

  it("leaves nothing of jobs that are deleted at any moment after they were applied", async () => {
    const names = Array.from({ length: 6 }, (_none, index) => `brief-${index}`);
    for (const name of names) await apply(rig.hub, aJob({ ...noop, "metadata.name": name }));
    for (const name of names) await remove(name);
    for (const name of names) await untilGone(name);
    expect(await left(aws)).toBe("");
    expect(await left(gcp)).toBe("");
  });

  it("finds by label what a job has in members when its status was wiped, and forgets nothing", async () => {
    await apply(rig.hub, aJob({ ...noop, "metadata.name": "wiped" }));
    const [job] = await untilPlaced(gcp, "wiped");
    await wipeStatus("wiped");
    await eventually("the record is back", async () =>
      (await placements("wiped")) === "aws/jobs aws Wanted;gcp/jobs gcp Wanted;" ? true : undefined,
    );
    expect((await batchJobs(gcp, "wiped"))[0]?.metadata.uid).toBe(job?.metadata.uid);
    // The participant is dropped while nothing records where it was.
    await rig.stopOperator();
    const participants = [{ name: "aws", cluster: "aws", workers: 2 }];
    await suspend("wiped", true);
    await suspend("wiped", true, { participants });
    await wipeStatus("wiped");
    rig.startOperator();
    await untilClean(gcp);
    await wipeStatus("wiped");
    await remove("wiped");
    await untilGone("wiped");
    expect(await left(aws)).toBe("");
  });

  it("is held up by no member that hangs, waits for it, and cleans it when it is back", async () => {
    await apply(rig.hub, aJob({ ...noop, "metadata.name": "dropped" }));
    await apply(rig.hub, aJob({ ...noop, "metadata.name": "deleted" }));
    for (const name of ["dropped", "deleted"]) await untilPlaced(gcp, name);
    proxy.setMode("blackHole");
    // The member still counts as reachable: its calls hang.
    await apply(rig.hub, aJob({ ...noop, "metadata.name": "meanwhile" }));
    await untilPlaced(aws, "meanwhile");
    await suspend("dropped", true);
    await remove("deleted");
    await eventually("aws is rid of both", async () => {
      const names = (await batchJobs(aws)).map(({ metadata }) => metadata.labels["tributary.dev/job-name"]);
      return names.join() === "meanwhile" ? true : undefined;
    });
    expect(await message("Suspended", "dropped")).toMatch(/^Suspended/u);
    expect(await placements("deleted")).toBe("gcp/jobs gcp Leaving;");
    await suspend("dropped", true, { participants: [{ name: "aws", cluster: "aws", workers: 2 }] });
    await suspend("dropped", false);
    await untilPlaced(aws, "dropped");
    await rig.hub.kubectl(["patch", "mbr", "gcp", "--type=merge", "-p", '{"metadata":{"finalizers":null}}']);
    await rig.hub.kubectl(["delete", "mbr", "gcp", "--wait=false"]);
    await rig.hub
      .kubectl(["patch", "mbr", "gcp", "--type=merge", "-p", '{"metadata":{"finalizers":null}}'])
      .catch(() => {});
    await eventually("the missing member is named", async () =>
      (await message("Progressing", "deleted")).includes("no MemberCluster is named gcp any more") ? true : undefined,
    );
    expect(await placements("dropped")).toBe("aws/jobs aws Wanted;gcp/jobs gcp Leaving;");
    await rig.stopOperator();
    rig.startOperator();
    proxy.setMode("forward");
    proxy.reset();
    await registerGcp();
    await untilGone("deleted");
    await eventually("the dropped seat is gone", async () =>
      (await placements("dropped")) === "aws/jobs aws Wanted;" ? true : undefined,
    );
    const labels = (await batchJobs(gcp)).map(({ metadata }) => metadata.labels["tributary.dev/job-name"]);
    expect(labels).not.toContain("dropped");
    await untilPlaced(gcp, "meanwhile");
    await Promise.all(["dropped", "meanwhile"].map((name) => remove(name)));
    await Promise.all(["dropped", "meanwhile"].map(untilGone));
    expect(await left(gcp)).toBe("");
  });

  it("gives up a cluster that a person named, with a trace", async () => {
    await apply(rig.hub, aJob({ ...noop, "metadata.name": "given-up" }));
    await untilPlaced(gcp, "given-up");
    await rig.hub.kubectl(["delete", "mbr", "gcp", "--wait=false"]);
    await rig.hub
      .kubectl(["patch", "mbr", "gcp", "--type=merge", "-p", '{"metadata":{"finalizers":null}}'])
      .catch(() => {});
    await remove("given-up");
    await eventually("it waits for gcp", async () =>
      (await placements("given-up")) === "gcp/jobs gcp Leaving;" ? true : undefined,
    );
    await rig.hub.kubectl(["annotate", "ftj", "given-up", "tributary.dev/abandon-clusters=gcp"]);
    await untilGone("given-up");
    const trace = await eventually("the event", async () => {
      const events = await rig.hub.kubectl([
        "get",
        "events.events.k8s.io",
        "-o",
        "jsonpath={range .items[*]}{.reason} {.note};{end}",
      ]);
      return events.split(";").find((event) => event.startsWith("Abandoned"));
    });
    expect(trace).toContain(`Job and ConfigMap ${nameOf("gcp", "given-up")} in namespace jobs of cluster gcp`);
  });
});
