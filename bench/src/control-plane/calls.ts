import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { Kinds } from "@tributary/contracts";
import { connectCluster } from "@tributary/operator";
import { type BenchCase, clientNode, unmeasured, withCpu } from "./bench-case.ts";
import { startCountingProxy } from "./counting-proxy.ts";

const calls = 200;

/** TLS handshakes and time of 200 list calls, one after the other. */
export const handshakes: BenchCase = async ({ startCluster, runs }) => {
  const cluster = await startCluster("calls");
  const counts = { ours: [] as number[], peer: [] as number[] };
  const times = { ours: [] as number[], peer: [] as number[] };
  const cpu = { ours: [] as number[], peer: [] as number[] };
  for (let run = 0; run < runs; run++) {
    const proxy = await startCountingProxy(cluster.url);
    const kubeconfig = proxy.redirect(cluster.kubeconfig);
    const link = connectCluster(kubeconfig, { cluster: "bench" });
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    const api = config.makeApiClient(CoreV1Api);
    const sides = {
      ours: () => link.client.list(Kinds.ConfigMap, { namespace: "kube-system" }),
      peer: () => api.listNamespacedConfigMap({ namespace: "kube-system" }),
    };
    for (const side of ["ours", "peer"] as const) {
      const before = proxy.accepted();
      const startedMs = performance.now();
      const { cpuSeconds } = await withCpu(async () => {
        for (let call = 0; call < calls; call++) await sides[side]();
      });
      times[side].push(performance.now() - startedMs);
      counts[side].push(proxy.accepted() - before);
      cpu[side].push(cpuSeconds);
    }
    await link.close();
    await proxy.close();
  }
  const common = { case: `${calls} calls`, better: "lower", ...unmeasured(), cpuSeconds: cpu } as const;
  return [
    {
      ...common,
      metric: "TLS handshakes",
      unit: "handshakes",
      ours: counts.ours,
      peer: { ...clientNode, runs: counts.peer },
      target: { atMost: 8 },
    },
    {
      ...common,
      metric: "time",
      unit: "ms",
      ours: times.ours,
      peer: { ...clientNode, runs: times.peer },
      target: { ratio: 1.3 },
    },
  ];
};

/** Runs of an exec plugin for 20 callers that come at once. */
export const execPlugin: BenchCase = async ({ startCluster }) => {
  const cluster = await startCluster("exec");
  await cluster.kubectl(["create", "serviceaccount", "bench"]);
  const token = await cluster.mintToken({ namespace: "default", serviceAccount: "bench" });
  const folder = await mkdtemp(join(tmpdir(), "bench-exec-"));
  const measure = async (side: "ours" | "peer"): Promise<number> => {
    const log = join(folder, `${side}.log`);
    const command = join(folder, `${side}.sh`);
    const status = { token, expirationTimestamp: new Date(Date.now() + 3_600_000).toISOString() };
    const output = JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status });
    await writeFile(command, `#!/bin/sh\necho run >> ${log}\nsleep 0.2\ncat <<'END'\n${output}\nEND\n`);
    await chmod(command, 0o755);
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command,
      args: [],
      env: [],
      provideClusterInfo: false,
    };
    const authority = Buffer.from(cluster.authorityPem).toString("base64");
    const kubeconfig = JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: cluster.url, "certificate-authority-data": authority } }],
      users: [{ name: "u", user: { exec } }],
    });
    await Promise.all(await callers(side, kubeconfig, command));
    return (await readFile(log, "utf8")).trim().split("\n").length;
  };
  const ours = await measure("ours");
  const theirs = await measure("peer");
  await rm(folder, { recursive: true });
  return [
    {
      case: "exec plugin, 20 callers at once",
      metric: "runs of the plugin",
      unit: "processes",
      better: "lower",
      ours: [ours],
      peer: { ...clientNode, runs: [theirs] },
      target: { atMost: 1 },
      ...unmeasured(),
    },
  ];
};

async function callers(side: "ours" | "peer", kubeconfig: string, command: string): Promise<Promise<unknown>[]> {
  const twenty = Array.from({ length: 20 });
  if (side === "ours") {
    const link = connectCluster(kubeconfig, { cluster: "bench", policy: { allowedExecCommands: [command] } });
    return twenty.map(() => link.client.getPath("/version"));
  }
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  // The account may not list anything: only the credential counts here.
  return twenty.map(() => api.listNamespacedConfigMap({ namespace: "default" }).catch(() => undefined));
}
