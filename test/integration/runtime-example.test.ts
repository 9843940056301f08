import { type ChildProcess, spawn } from "node:child_process";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import { type ClusterConnection, connectCluster, type KubeObject } from "@tributary/operator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/until.ts";

type ConfigMap = KubeObject & { data?: Record<string, string> };

const program = new URL("../../examples/controller-runtime/mirror.ts", import.meta.url).pathname;
const ref = { name: "greeting", namespace: "default" };

let clusters: readonly ControlPlane[] = [];
let hub: ClusterConnection;
let member: ClusterConnection;
let mirror: ChildProcess;

function start(): ChildProcess {
  const files = clusters.map(({ kubeconfigPath }) => kubeconfigPath);
  return spawn(process.execPath, [program, ...files], { stdio: ["ignore", "ignore", "inherit"] });
}

beforeAll(async () => {
  clusters = await Promise.all([startControlPlane({ name: "hub" }), startControlPlane({ name: "member" })]);
  const [first, second] = clusters as [ControlPlane, ControlPlane];
  hub = connectCluster(first.kubeconfig, { cluster: "hub" });
  member = connectCluster(second.kubeconfig, { cluster: "member" });
  mirror = start();
});

afterAll(async () => {
  mirror?.kill("SIGKILL");
  await Promise.all([hub?.close(), member?.close()]);
  await Promise.all(clusters.map((cluster) => cluster.stop()));
});

function put(text: string): Promise<ConfigMap> {
  const object = { metadata: { ...ref, labels: { "example.dev/mirror": "yes" } }, data: { text } };
  return hub.client.apply<ConfigMap>(Kinds.ConfigMap, object, { fieldManager: "test" });
}

async function untilCopied(text: string | undefined): Promise<void> {
  await until(`the copy says ${text}`, async () => {
    const copy = await member.client.get<ConfigMap>(Kinds.ConfigMap, ref);
    return copy?.data?.text === text;
  });
}

describe("example operator on two real API servers", () => {
  it("copies, repairs what somebody changed, and deletes", async () => {
    await put("hello");
    await untilCopied("hello");
    await put("good evening");
    await untilCopied("good evening");
    const changed = { metadata: ref, data: { text: "vandalised" } };
    await member.client.apply(Kinds.ConfigMap, changed, { fieldManager: "vandal", force: true });
    await untilCopied("good evening");
    await hub.client.delete(Kinds.ConfigMap, ref);
    await untilCopied(undefined);
  });

  it("catches up with what happened while it was dead", async () => {
    await put("before");
    await untilCopied("before");
    mirror.kill("SIGKILL");
    await hub.client.delete(Kinds.ConfigMap, ref);
    mirror = start();
    await untilCopied(undefined);
  });

  it("ends by itself on SIGTERM", async () => {
    mirror.kill("SIGTERM");
    await until("it has ended", () => mirror.exitCode !== null);
    expect(mirror.exitCode).toBe(0);
  });
});
