import { Kinds } from "@tributary/contracts";
import { connectCluster, createInformer, type KubeObject } from "@tributary/operator";
import { type BenchCase, clientNode, pauseSeconds, unmeasured } from "./bench-case.ts";
import { startCountingProxy } from "./counting-proxy.ts";
import { startPeerInformer } from "./peer-informer.ts";

/** Follows ConfigMaps with our informer; `onName` hears the name of every object that it tells of. */
async function startOurs(kubeconfig: string, namespace: string, onName: (name: string) => void) {
  const link = connectCluster(kubeconfig, { cluster: "bench" });
  const informer = createInformer<KubeObject>({
    client: link.client,
    resource: Kinds.ConfigMap,
    selection: { namespace },
    onError: (error) => {
      throw error;
    },
    report: (report) => {
      if (report.type === "watchEnded" && report.end !== "Stopped")
        process.stderr.write(`our watch ended: ${report.end}\n`);
    },
  });
  informer.listen(({ object }) => onName(object.metadata.name));
  const stop = new AbortController();
  const running = informer.run(stop.signal);
  await informer.whenSynced(stop.signal);
  return {
    list: () => informer.objects.list(),
    async stop() {
      stop.abort();
      await running;
      await link.close();
    },
  };
}

/**
 * Connections that an idle watch opens in five minutes, after its first. The collection changes once before: for one that
 * has not changed since the API server started it sends no bookmarks, and ours looks after such silence.
 */
export const idleReconnects: BenchCase = async ({ startCluster, idleSeconds }) => {
  const cluster = await startCluster("idle");
  const proxies = [await startCountingProxy(cluster.url), await startCountingProxy(cluster.url)] as const;
  const ours = await startOurs(proxies[0].redirect(cluster.kubeconfig), "default", () => {});
  const peer = await startPeerInformer(proxies[1].redirect(cluster.kubeconfig), "default", () => {});
  const changing = connectCluster(cluster.kubeconfig, { cluster: "admin" });
  await changing.client.create(Kinds.ConfigMap, { metadata: { name: "change", namespace: "default" } });
  await changing.close();
  await pauseSeconds(2);
  const before = proxies.map((proxy) => proxy.accepted());
  await pauseSeconds(idleSeconds);
  const [mine = 0, theirs = 0] = proxies.map((proxy, index) => proxy.accepted() - (before[index] ?? 0));
  await Promise.all([ours.stop(), peer.stop()]);
  await Promise.all(proxies.map((proxy) => proxy.close()));
  return [
    {
      case: `idle watch for ${idleSeconds} s`,
      metric: "new connections",
      unit: "connections",
      better: "lower",
      ours: [mine],
      peer: { ...clientNode, runs: [theirs] },
      target: { atMost: 0 },
      ...unmeasured(),
    },
  ];
};

/** Changes that a listener never heard of when the connection is cut every second, and whether the caches end up right. */
export const missedEvents: BenchCase = async ({ startCluster, cutSeconds }) => {
  const cluster = await startCluster("cut");
  const admin = connectCluster(cluster.kubeconfig, { cluster: "admin" });
  const proxies = [await startCountingProxy(cluster.url), await startCountingProxy(cluster.url)] as const;
  const heard = [new Set<string>(), new Set<string>()] as const;
  const ours = await startOurs(proxies[0].redirect(cluster.kubeconfig), "default", (name) => heard[0].add(name));
  const peer = await startPeerInformer(proxies[1].redirect(cluster.kubeconfig), "default", (name) =>
    heard[1].add(name),
  );
  const made: string[] = [];
  const cutting = setInterval(() => {
    for (const proxy of proxies) proxy.cut();
  }, 1_000);
  const endsAtMs = performance.now() + cutSeconds * 1000;
  while (performance.now() < endsAtMs) {
    const name = `event-${made.length}`;
    const ref = { name, namespace: "default" };
    await admin.client.create(Kinds.ConfigMap, { metadata: ref });
    made.push(name);
    // Every other object is gone at once: a list taken later does not show it.
    if (made.length % 2 === 0) await admin.client.delete(Kinds.ConfigMap, ref);
    await pauseSeconds(0.03);
  }
  clearInterval(cutting);
  await pauseSeconds(10);
  const missed = heard.map((names) => made.filter((name) => !names.has(name)).length);
  const fresh = (await admin.client.list(Kinds.ConfigMap, { namespace: "default" })).length;
  const wrong = [ours, peer].map((informer) => Math.abs(informer.list().length - fresh));
  await Promise.all([ours.stop(), peer.stop(), admin.close()]);
  await Promise.all(proxies.map((proxy) => proxy.close()));
  const common = { better: "lower", target: { atMost: 0 }, ...unmeasured() } as const;
  const name = `connection cut every second for ${cutSeconds} s, ${made.length} objects made`;
  return [
    {
      ...common,
      case: name,
      metric: "objects never told of",
      unit: "objects",
      ours: [missed[0] ?? 0],
      peer: { ...clientNode, runs: [missed[1] ?? 0] },
    },
    {
      ...common,
      case: name,
      metric: "difference of cache and fresh list",
      unit: "objects",
      ours: [wrong[0] ?? 0],
      peer: { ...clientNode, runs: [wrong[1] ?? 0] },
    },
  ];
};
