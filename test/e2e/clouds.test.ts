import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import {
  type BuiltImage,
  buildImage,
  type Clusters,
  down,
  importImage,
  kubectl,
  status,
  toStandardError,
  up,
} from "@tributary/clouds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type MachineTraces, readMachineTraces, tracesSince } from "./clouds-traces.ts";

const aws = "aws-us-east-1";
const gcp = "gcp-europe-west4";
const skipped = reasonToSkip();
if (skipped) toStandardError(`skipped: local clouds, because ${skipped}`);

function reasonToSkip(): string | undefined {
  if (process.env.CI === "true") return undefined;
  if (process.getuid?.() !== 0) return "namespaces, links and cgroups need root";
  if (process.env.KUBECONFIGS) return "KUBECONFIGS names other clusters, which must not be taken down";
  return undefined;
}

describe.skipIf(skipped !== undefined)("local clouds", () => {
  let before: MachineTraces;
  let clusters: Clusters;
  let image: BuiltImage;

  beforeAll(async () => {
    await down();
    // First, because the first image of a machine mounts things, and mounting leaves a folder in /run.
    image = await buildImage({
      name: "clouds-probe",
      base: {},
      layers: [
        [{ from: process.execPath, to: "/usr/local/bin/node" }],
        [{ from: new URL("clouds-probe.mjs", import.meta.url).pathname, to: "/app/probe.mjs" }],
      ],
      entrypoint: ["/usr/local/bin/node", "/app/probe.mjs"],
      user: "65532:65532",
      progress: toStandardError,
    });
    before = readMachineTraces();
    clusters = await up({ progress: toStandardError });
    for (const { name } of [clusters.hub, ...clusters.members]) await importImage(name, image.archivePath);
  });

  afterAll(() => down());

  const pod = (name: string, spec: { gpus?: number; claim?: string } = {}) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: "probe",
          image: image.reference,
          resources: { limits: spec.gpus === undefined ? {} : { "nvidia.com/gpu": spec.gpus } },
          volumeMounts: spec.claim === undefined ? [] : [{ name: "data", mountPath: "/data" }],
        },
      ],
      volumes: spec.claim === undefined ? [] : [{ name: "data", persistentVolumeClaim: { claimName: spec.claim } }],
    },
  });
  const apply = (cluster: string, ...items: object[]) =>
    kubectl(cluster, ["apply", "-f", "-"], { input: JSON.stringify({ apiVersion: "v1", kind: "List", items }) });
  const untilReady = (cluster: string, name: string) =>
    kubectl(cluster, ["wait", "--for=condition=Ready", "--timeout=60s", `pod/${name}`], { timeoutMs: 70_000 });
  const evaluate = (cluster: string, name: string, script: string) =>
    kubectl(cluster, ["exec", name, "--", "node", "--input-type=module", "--eval", script]);
  const pidsOf = async () =>
    Object.fromEntries(
      (await status()).flatMap(({ cloud, components }) =>
        components.map(({ name, pid }) => [`${cloud.name} ${name}`, pid]),
      ),
    );

  it("are a hub and two members with a Ready node each, whose GPUs are counted", async () => {
    expect([clusters.hub, ...clusters.members].map(({ name }) => name)).toEqual(["hub", aws, gcp]);
    const seen = (await status()).map(({ cloud, nodes }) => ({ name: cloud.name, nodes }));
    const node = (name: string, gpus: number) => ({ name, ready: true, kubeletVersion: "v1.34.4", gpus });
    expect(seen).toEqual([
      { name: "hub", nodes: [node("hub", 0)] },
      { name: aws, nodes: [node(aws, 4)] },
      { name: gcp, nodes: [node(gcp, 2)] },
    ]);
  });

  it("are left as they are by a second up", async () => {
    const pids = await pidsOf();
    const steps: string[] = [];
    await up({ progress: (line) => steps.push(line) });
    expect(steps.filter((line) => !line.includes("node Ready"))).toEqual([]);
    expect(await pidsOf()).toEqual(pids);
  });

  it("schedule a pod that asks for GPUs there are, and not one that asks for more", async () => {
    await apply(aws, pod("three-gpus", { gpus: 3 }));
    await apply(gcp, pod("three-gpus", { gpus: 3 }));
    await untilReady(aws, "three-gpus");
    expect(await evaluate(aws, "three-gpus", "console.log(process.env.TRIBUTARY_FAKE_GPUS)")).toBe("3\n");
    await kubectl(gcp, ["wait", "--for=condition=PodScheduled=False", "--timeout=60s", "pod/three-gpus"]);
    const message = "jsonpath={.status.conditions[?(@.type=='PodScheduled')].message}";
    expect(await kubectl(gcp, ["get", "pod", "three-gpus", "-o", message])).toContain("Insufficient nvidia.com/gpu");
  });

  it("give claims volumes that a pod without root may write to", async () => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "models" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    };
    await apply("hub", claim, pod("writer", { claim: "models" }));
    await untilReady("hub", "writer");
    const script = 'import fs from "node:fs"; fs.writeFileSync("/data/a", ""); console.log(fs.statSync("/data/a").uid)';
    expect(await evaluate("hub", "writer", script)).toBe("65532\n");
    await kubectl("hub", ["delete", "pod/writer", "persistentvolumeclaim/models"]);
    await kubectl("hub", ["wait", "--for=delete", "--timeout=60s", "persistentvolume", "--all"]);
  });

  it("let a member's pod reach a NodePort of the hub, and the hub's pods a member's API server", async () => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "aggregator" },
      spec: { type: "NodePort", selector: { app: "probe" }, ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] },
    };
    await apply("hub", service, pod("probe"));
    await apply(gcp, pod("probe"));
    await Promise.all([untilReady("hub", "probe"), untilReady(gcp, "probe")]);
    // A Service's rules follow its pods' readiness a moment later.
    const askHub = `const r = await fetch("http://${clusters.hub.nodeAddress}:30080"); console.log(await r.text())`;
    const answer = await eventually("the hub's NodePort answers", () => evaluate(gcp, "probe", askHub));
    expect(JSON.parse(answer)).toMatchObject({ uid: 65532 });
    const inCluster = 'const r = await fetch("http://aggregator.default.svc"); console.log(r.status)';
    expect(await eventually("the Service answers", () => evaluate("hub", "probe", inCluster))).toBe("200\n");
    const [member] = clusters.members;
    // Anonymous and with an unknown CA: that the member's own certificate is refused shows that it was reached.
    const dial = `await fetch("${member?.url}/version").catch((error) => console.log(error.cause.code))`;
    expect(await evaluate("hub", "probe", dial)).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN/);
  });

  it.each([
    "etcd",
    "kube-apiserver",
    "containerd",
    "kubelet",
    "kube-proxy",
    "coredns",
    "kube-network-policies",
  ] as const)("are repaired by up after kill -9 of %s, and their pods run on", async (component) => {
    const podState = () =>
      kubectl(aws, [
        "get",
        "pod",
        "three-gpus",
        "-o",
        "jsonpath={.metadata.uid} {.status.containerStatuses[*].restartCount}",
      ]);
    const stateBefore = await podState();
    const pids = await pidsOf();
    process.kill(pids[`${aws} ${component}`] as number, "SIGKILL");
    const steps: string[] = [];
    await up({ progress: (line) => steps.push(line) });
    expect(steps.filter((line) => !line.includes("node Ready"))).toEqual([`${aws}: start ${component}`]);
    expect(await podState()).toBe(stateBefore);
  });

  it("are repaired by up after a component was stopped", async () => {
    const pids = await pidsOf();
    process.kill(pids[`${gcp} kubelet`] as number, "SIGSTOP");
    const steps: string[] = [];
    await up({ progress: (line) => steps.push(line) });
    expect(steps).toContain(`${gcp}: resume kubelet`);
    expect(await pidsOf()).toEqual(pids);
  });

  it("leave nothing on the machine after down", async () => {
    await down();
    expect(tracesSince(before)).toEqual(before);
  });

  it("are completed by up after a kill -9 of up itself", async () => {
    await killUpAt("start kubelet");
    clusters = await up();
    expect((await status()).map(({ nodes }) => nodes.every((node) => node.ready))).toEqual([true, true, true]);
  });

  it("leave nothing on the machine when up was killed and never finished", async () => {
    await down();
    await killUpAt("start kube-apiserver");
    await down();
    expect(tracesSince(before)).toEqual(before);
  });
});

/** Runs `up` in a program of its own and kills that when it says that it takes the given step. */
async function killUpAt(step: string): Promise<void> {
  const main = new URL("../clouds/src/main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [main, "up"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.includes(step)) child.kill("SIGKILL");
  }
  const [, signal] = await ended;
  expect(signal).toBe("SIGKILL");
}
