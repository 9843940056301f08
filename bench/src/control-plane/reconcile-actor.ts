import { readFileSync } from "node:fs";
import { Kinds } from "@tributary/contracts";
import {
  connectCluster,
  createInformer,
  createWorkQueue,
  intentFor,
  type KubeObject,
  runController,
  systemClock,
} from "@tributary/operator";

/**
 * An operator over ConfigMaps that tells `synced`, `useful` (its first write) and, when asked, the rate of reconciles that
 * change nothing.
 */
const [kubeconfigPath = "", repetitions = "0"] = process.argv.slice(2);
const tell = (type: string, more: object = {}) => process.stdout.write(`${JSON.stringify({ type, ...more })}\n`);
const link = connectCluster(readFileSync(kubeconfigPath, "utf8"), { cluster: "bench" });
const informer = createInformer<KubeObject>({
  client: link.client,
  resource: Kinds.ConfigMap,
  selection: { namespace: "default" },
  onError: (error) => {
    throw error;
  },
});
const queue = createWorkQueue({ clock: systemClock });
informer.listen(({ key }) => queue.add(key));
let reconciled = 0;
let wake = () => {};
const stop = new AbortController();
const signals = { stop: stop.signal, abandon: stop.signal };

async function reconcile(key: string, { signal }: { signal: AbortSignal }) {
  if (informer.objects.get(key) === undefined) return undefined;
  if (reconciled++ === 0) {
    const intent = intentFor(
      { name: "first-useful-reconcile", namespace: "kube-system" },
      { data: { pid: String(process.pid) } },
    );
    await link.client.apply(Kinds.ConfigMap, intent, { fieldManager: "bench", force: true, signal });
    tell("useful", { atMs: performance.timeOrigin + performance.now() });
  }
  if (queue.depth === 0) wake();
  return undefined;
}

void informer.run(stop.signal);
await informer.whenSynced(stop.signal);
tell("synced", { objects: informer.objects.size });
const controller = runController({ name: "bench", queue, reconcile, clock: systemClock, concurrency: 5 }, signals);

for (let repetition = 0; repetition < Number(repetitions); repetition++) {
  while (queue.depth > 0) await new Promise<void>((resolve) => (wake = resolve));
  const before = reconciled;
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  for (const key of informer.objects.keys()) queue.add(key);
  while (queue.depth > 0) await new Promise<void>((resolve) => (wake = resolve));
  const seconds = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  tell(`rate-${repetition}`, { perSecond: (reconciled - before) / seconds, cpuSeconds: (user + system) / 1e6 });
}
if (Number(repetitions) > 0) {
  stop.abort();
  await controller;
  await link.close();
  process.exit(0);
}
