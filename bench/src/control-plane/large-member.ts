import { Kinds } from "@tributary/contracts";
import { type ApiClient, connectCluster, type KubeObject } from "@tributary/operator";
import { type BenchCase, pauseSeconds, unmeasured } from "./bench-case.ts";
import { installCrds, registerMember } from "./register-member.ts";
import { runActor } from "./run-actor.ts";
import { makeEach } from "./seed.ts";

/** Nodes whose kubelets report in one second: each does so every five minutes when nothing changes. */
const reportsPerSecond = 17;

function statusOf(beat: number): object {
  const time = new Date(Date.UTC(2027, 0, 15) + beat * 1_000).toISOString().replace(/\.\d+Z$/u, "Z");
  const condition = (type: string, status: string) => ({
    type,
    status,
    reason: `Kubelet${type}`,
    message: `the kubelet says ${status} of ${type} at length`,
    lastHeartbeatTime: time,
    lastTransitionTime: "2027-01-15T00:00:00Z",
  });
  return {
    allocatable: { cpu: "96", memory: "1Ti", pods: "110", "nvidia.com/gpu": "8" },
    capacity: { cpu: "96", memory: "1Ti", pods: "110", "nvidia.com/gpu": "8" },
    conditions: [
      condition("Ready", "True"),
      ...["MemoryPressure", "DiskPressure", "PIDPressure"].map((type) => condition(type, "False")),
    ],
    images: Array.from({ length: 50 }, (_, index) => ({
      names: [
        `registry.example/team-${index}/image@sha256:${String(index).padStart(64, "0")}`,
        `registry.example/team-${index}/image:1.${index}`,
      ],
      sizeBytes: 1_000_000_000 + index,
    })),
  };
}

async function seedNodes(client: ApiClient, count: number): Promise<void> {
  await makeEach(count, (index) =>
    client.create(
      Kinds.Node,
      { metadata: { name: nodeName(index), labels: labelsOf(index) }, status: statusOf(0) } as KubeObject,
      { deadlineMs: 120_000 },
    ),
  );
}

const nodeName = (index: number): string => `ip-10-0-${index >> 8}-${index & 255}.compute.internal`;
const labelsOf = (index: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: 20 }, (_, label) => [`example.dev/label-${label}`, `value-${label}-${index % 7}`]),
  );

/** Lets nodes report as their kubelets do until `stop` aborts. */
async function report(client: ApiClient, count: number, stop: AbortSignal): Promise<void> {
  for (let beat = 1; !stop.aborted; beat++) {
    const value = statusOf(beat);
    for (let index = 0; index < reportsPerSecond; index++) {
      const name = nodeName((beat * reportsPerSecond + index) % count);
      await client.patchJson(Kinds.Node, { name, subresource: "status" }, [{ op: "replace", path: "/status", value }]);
    }
    await pauseSeconds(1);
  }
}

/** A whole operator beside a member with many nodes of about 10 KB each, whose kubelets report. */
export const largeMember: BenchCase = async ({ startCluster, nodes, idleSeconds }) => {
  const [hub, member] = await Promise.all([startCluster("hub"), startCluster("large")]);
  const { client, close } = connectCluster(member.kubeconfig, { cluster: "large" });
  await seedNodes(client, nodes);
  await installCrds(hub);
  await registerMember(hub, member, "default");
  const stop = new AbortController();
  const actor = runActor("./large-member-actor.ts", [hub.kubeconfigPath, String(nodes), String(idleSeconds)]);
  const counted = await actor.told("counted");
  const reporting = report(client, nodes, stop.signal);
  const steady = await actor.told("steady");
  stop.abort();
  await reporting;
  actor.child.kill("SIGKILL");
  await close();
  const peakBytes = { ours: steady.peakBytes as number, peer: null };
  const common = { better: "lower", peer: null, ...unmeasured(), peakBytes } as const;
  const of = (name: string) => `a member of ${nodes} nodes, ${name}`;
  const lag = { metric: "P99 of the event loop's delay", unit: "ms", target: { atMost: 50 } } as const;
  const memory = { metric: "memory", unit: "MiB", target: { atMost: 300 } } as const;
  return [
    { ...common, ...lag, case: of("being read"), ours: [counted.lagMs as number] },
    { ...common, ...lag, case: of("followed"), ours: [steady.lagMs as number] },
    { ...common, ...memory, case: of("at its peak"), ours: [(steady.peakBytes as number) / 2 ** 20] },
    { ...common, ...memory, case: of("settled"), ours: [(steady.rssBytes as number) / 2 ** 20] },
  ];
};
