import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { CoreV1Api, KubeConfig, type KubernetesListObject, makeInformer, type V1Pod } from "@kubernetes/client-node";
import { Kinds } from "@tributary/contracts";
import {
  chainTransforms,
  connectCluster,
  createInformer,
  type KubeObject,
  keepFields,
  stripBookkeeping,
} from "@tributary/operator";

/** Caches all pods once and tells time, memory and the delay of the event loop. */
const [side = "ours", kubeconfigPath = "", initialList = "pages"] = process.argv.slice(2);
const kubeconfig = readFileSync(kubeconfigPath, "utf8");

type WorkerPod = KubeObject & {
  spec?: { nodeName?: string; containers?: { name: string; resources?: unknown }[] };
  status?: { phase?: string };
};

/** What a reconciler of worker pods reads: identity, labels, node, requests, status. */
function keepWorkerFields(pod: WorkerPod): WorkerPod {
  const { nodeName, containers = [] } = pod.spec ?? {};
  const kept = containers.map(({ name, resources }) => ({ name, resources }));
  return { ...pod, spec: { ...(nodeName === undefined ? {} : { nodeName }), containers: kept } };
}

async function cacheOurs(): Promise<() => number> {
  const link = connectCluster(kubeconfig, { cluster: "bench" });
  const informer = createInformer<WorkerPod>({
    client: link.client,
    resource: Kinds.Pod,
    transform: chainTransforms(stripBookkeeping<WorkerPod>, keepFields<WorkerPod>("spec", "status"), keepWorkerFields),
    initialList: initialList as "pages" | "watch",
    onError: (error) => {
      throw error;
    },
  });
  void informer.run(new AbortController().signal);
  await informer.whenSynced(new AbortController().signal);
  return () => informer.objects.size;
}

async function cachePeer(): Promise<() => number> {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  const listAll = () => api.listPodForAllNamespaces() as unknown as Promise<KubernetesListObject<V1Pod>>;
  const informer = makeInformer<V1Pod>(config, "/api/v1/pods", listAll);
  await informer.start();
  return () => informer.list().length;
}

const collect = () => (globalThis as { gc?: () => void }).gc?.();
collect();
const before = process.memoryUsage();
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
const cpuBefore = process.cpuUsage();
const startedMs = performance.now();
const size = await (side === "ours" ? cacheOurs() : cachePeer());
const tookMs = performance.now() - startedMs;
loop.disable();
const { user, system } = process.cpuUsage(cpuBefore);
const peakBytes = process.resourceUsage().maxRSS * 1024;
collect();
const after = process.memoryUsage();
const result = {
  type: "cached",
  objects: size(),
  tookMs,
  lagP99Ms: loop.percentile(99) / 1e6,
  lagMaxMs: loop.max / 1e6,
  cpuSeconds: (user + system) / 1e6,
  peakBytes,
  heldBytes: after.heapUsed - before.heapUsed + after.external - before.external,
};
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
