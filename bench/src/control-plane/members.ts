import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import {
  type ApiClient,
  connectCluster,
  createInformer,
  createMemberLinks,
  type Informer,
  type KubeObject,
  type MemberLinks,
  readKubeconfigSecret,
  type SecretObject,
  systemClock,
} from "@tributary/operator";
import { type BenchCase, unmeasured, waitUntil } from "./bench-case.ts";
import { startCountingProxy } from "./counting-proxy.ts";

const followed = [Kinds.ConfigMap, Kinds.Job, Kinds.Pod, Kinds.PodTemplate];

function failLoudly(error: unknown): never {
  throw error;
}

/** What the operator watches in a member: four kinds. */
function follow(client: ApiClient) {
  const informers = followed.map((resource) => createInformer<KubeObject>({ client, resource, onError: failLoudly }));
  return { informers, view: informers };
}

function makeLinks(): MemberLinks<Informer<KubeObject>[]> {
  const { random } = Math;
  return createMemberLinks({
    clock: systemClock,
    random,
    follow,
    onChange: () => {},
    onWarning: (_member, error) => failLoudly(error),
    drainMs: 0,
  });
}

/** Time from the creation of a member's Secret on the hub until its caches are complete. */
export const memberReady: BenchCase = async ({ startCluster, runs }) => {
  const [hub, member] = await Promise.all([startCluster("hub"), startCluster("member")]);
  const admin = connectCluster(hub.kubeconfig, { cluster: "hub" });
  const links = makeLinks();
  const secrets = createInformer<SecretObject>({
    client: admin.client,
    resource: Kinds.Secret,
    selection: { namespace: "default" },
    onError: failLoudly,
  });
  secrets.listen(({ type, object }) => {
    if (type === "removed") return;
    const { name, uid = "" } = object.metadata;
    links.engage({ name, uid, kubeconfig: readKubeconfigSecret(name, object) });
  });
  const stop = new AbortController();
  const running = secrets.run(stop.signal);
  await secrets.whenSynced(stop.signal);
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const name = `member-${run}`;
    const data = { kubeconfig: Buffer.from(member.kubeconfig).toString("base64") };
    const startedMs = performance.now();
    await admin.client.create<SecretObject>(Kinds.Secret, { metadata: { name, namespace: "default" }, data });
    await waitUntil(`${name} is ready`, () => links.stateOf(name)?.isReachable === true);
    times.push(performance.now() - startedMs);
  }
  stop.abort();
  await running;
  await links.close();
  await admin.close();
  return [
    {
      case: "a new member's Secret, four kinds followed",
      metric: "time until Ready",
      unit: "ms",
      better: "lower",
      ours: times,
      peer: { name: "Karmada, published P99, 64 cores", version: "1.3", runs: [6_900] },
      target: { atMost: 2_000 },
      ...unmeasured(),
    },
  ];
};

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name.includes("TCP") || name.includes("TLS")).length;
}

/** Changes a member over between two kubeconfigs many times, and looks at what stays behind. */
export const rotations: BenchCase = async ({ startCluster, rotations: count }) => {
  const member: ControlPlane = await startCluster("rotated");
  const proxy = await startCountingProxy(member.url);
  const kubeconfigs = [member.kubeconfig, proxy.redirect(member.kubeconfig)] as const;
  const links = makeLinks();
  const rotateTo = async (generation: number) => {
    links.engage({ name: "m", uid: "u", kubeconfig: kubeconfigs[generation % 2 === 0 ? 0 : 1] });
    await waitUntil("the rotation is over", () => links.stateOf("m")?.generation === generation);
  };
  const warmUp = Math.min(50, Math.ceil(count / 10));
  for (let generation = 1; generation <= warmUp; generation++) await rotateTo(generation);
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  const before = { sockets: openSockets(), heap: process.memoryUsage().heapUsed };
  for (let generation = warmUp + 1; generation <= warmUp + count; generation++) await rotateTo(generation);
  await waitUntil("old links are drained", () => openSockets() <= before.sockets + 4, 30_000).catch(() => undefined);
  collect();
  const after = { sockets: openSockets(), heap: process.memoryUsage().heapUsed };
  await links.close();
  await proxy.close();
  const common = { case: `${count} rotations`, better: "lower", peer: null, ...unmeasured() } as const;
  return [
    {
      ...common,
      metric: "sockets left",
      unit: "sockets",
      ours: [after.sockets - before.sockets],
      target: { atMost: 4 },
    },
    {
      ...common,
      metric: "heap growth",
      unit: "MiB",
      ours: [(after.heap - before.heap) / 1024 / 1024],
      target: { atMost: 10 },
    },
  ];
};
