import {
  CoreV1Api,
  KubeConfig,
  type KubernetesListObject,
  makeInformer,
  type V1ConfigMap,
} from "@kubernetes/client-node";

/** The peer's informer of the ConfigMaps of one namespace, started again whenever it stops, as its documentation asks. */
export interface PeerInformer {
  list(): V1ConfigMap[];
  stop(): Promise<void>;
}

/** Starts the peer's informer; `onName` hears the name of every object that it tells of. */
export async function startPeerInformer(
  kubeconfig: string,
  namespace: string,
  onName: (name: string) => void,
): Promise<PeerInformer> {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const api = config.makeApiClient(CoreV1Api);
  const listAll = () =>
    api.listNamespacedConfigMap({ namespace }) as unknown as Promise<KubernetesListObject<V1ConfigMap>>;
  const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, listAll);
  let isStopped = false;
  const tell = (object: V1ConfigMap) => onName(object.metadata?.name ?? "");
  informer.on("add", tell);
  informer.on("update", tell);
  informer.on("delete", tell);
  informer.on("error", () => {
    const restart = () => {
      if (!isStopped) informer.start().catch(() => setTimeout(restart, 200));
    };
    setTimeout(restart, 200);
  });
  await informer.start();
  return {
    list: () => [...informer.list()],
    async stop() {
      isStopped = true;
      await informer.stop();
    },
  };
}
