import { readFile } from "node:fs/promises";
import { Kinds } from "@tributary/contracts";
import { createLogger } from "@tributary/kit";
import * as runtime from "@tributary/operator";

/** Keeps a copy of every ConfigMap labelled `example.dev/mirror=yes` on the hub in a member cluster. */
const [hubFile = "", memberFile = ""] = process.argv.slice(2);
const log = createLogger("mirror");
const clock = runtime.systemClock;
const hub = runtime.connectCluster(await readFile(hubFile, "utf8"), { cluster: "hub" });
const member = runtime.connectCluster(await readFile(memberFile, "utf8"), { cluster: "member" });
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());

type ConfigMap = runtime.KubeObject & { data?: Record<string, string> };
const follow = ({ client }: runtime.ClusterConnection, labelSelector: string) =>
  runtime.createInformer<ConfigMap>({
    client,
    resource: Kinds.ConfigMap,
    selection: { labelSelector },
    onError: (error, key) => log.error({ err: error, object: key }, "a listener failed"),
  });
const sources = follow(hub, "example.dev/mirror=yes");
const copies = follow(member, "example.dev/mirrored=yes");
const queue = runtime.createWorkQueue({ clock });
for (const informer of [sources, copies]) informer.listen(({ key }) => queue.add(key));

const applying = runtime.createIdempotentApply(member.client, { fieldManager: "mirror", force: true });
const reconcile: runtime.Reconcile = async (key, { signal }) => {
  const [source, copy] = [sources.objects.get(key), copies.objects.get(key)];
  const metadata = { ...runtime.parseObjectKey(key), labels: { "example.dev/mirrored": "yes" } } as runtime.ObjectMeta;
  if (source) await applying.apply(Kinds.ConfigMap, { metadata, data: source.data ?? {} } as ConfigMap, copy);
  else if (copy) await member.client.delete(Kinds.ConfigMap, metadata, { uid: copy.metadata.uid, signal });
  return undefined;
};
const synced = async (signal: AbortSignal) => (await sources.whenSynced(signal)) && copies.whenSynced(signal);
const report = runtime.logReconciles(log);
const controller = runtime.controllerPart({ name: "mirror", queue, reconcile, clock, whenReady: synced, report });
const informers = [runtime.informerPart("sources", sources), runtime.informerPart("copies", copies)];
await runtime.createManager({ clock, parts: [...informers, controller] }).run(stop.signal);
await Promise.all([hub.close(), member.close()]);
