import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import { type ClusterConnection, connectCluster, createInformer, isDeleting } from "@tributary/operator";
import type { Pod } from "./pod-shape.ts";
import { claimFolder, type VolumeRoot } from "./pod-volumes.ts";
import { keepSimulatedNode } from "./simulated-node.ts";
import { serveNodePorts } from "./simulated-node-ports.ts";
import { SimulatedPod } from "./simulated-pod.ts";

/**
 * A simulated kubelet, scheduler and kube-proxy of a cluster without nodes: every pod of the two images that it knows runs as
 * processes of this host on loopback, without isolation, limits or images. What runs is the real programs; their paths and ports
 * are those of the host, and statuses are told as a kubelet tells them.
 */
export class SimulatedKubelet {
  readonly #connection: ClusterConnection;
  readonly #root: VolumeRoot;
  readonly #pods = new Map<string, SimulatedPod>();
  readonly #ending = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #made = 0;

  private constructor(connection: ClusterConnection, root: VolumeRoot) {
    this.#connection = connection;
    this.#root = root;
  }

  /** Starts it; it runs what is there and what comes. */
  static async start(plane: ControlPlane): Promise<SimulatedKubelet> {
    const connection = connectCluster(plane.kubeconfig, { cluster: plane.name });
    const directory = await mkdtemp(join(tmpdir(), `kubelet-${plane.name}-`));
    const kubelet = new SimulatedKubelet(connection, { plane, client: connection.client, directory });
    await kubelet.#follow();
    return kubelet;
  }

  /** Folder of a claim, for a test that puts data there or reads it. */
  claimFolder(namespace: string, claimName: string): Promise<string> {
    return claimFolder(this.#root, namespace, claimName);
  }

  /** Pods that it runs now. */
  pods(): { readonly pod: Pod; readonly pids: readonly number[] }[] {
    return [...this.#pods.values()].map(({ pod, pids }) => ({ pod, pids }));
  }

  /** The last lines that each container of each pod wrote, for a reader who must find out why one does not work. */
  async describe(): Promise<string[]> {
    const told = await Promise.all([...this.#pods.values()].map((pod) => pod.describe()));
    return told.flat();
  }

  /** Ends every process and removes every file; objects stay as they are. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#pods.values()].map((pod) => pod.end(false)));
    await Promise.all(this.#ending);
    await this.#connection.close();
    await rm(this.#root.directory, { recursive: true, force: true });
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    const { client } = this.#connection;
    await keepSimulatedNode(client, signal);
    const pods = createInformer<Pod>({
      client,
      resource: Kinds.Pod,
      onError: (error) => {
        throw error;
      },
    });
    pods.listen(() => this.#look(pods.objects.list()));
    void pods.run(signal);
    await pods.whenSynced(signal);
    const findPort = (namespace: string, selector: Record<string, string>, port: string | number) =>
      [...this.#pods.values()]
        .find(({ pod, isReady }) => isReady && pod.metadata.namespace === namespace && hasLabels(pod, selector))
        ?.hostPort(port);
    await serveNodePorts(client, findPort, signal);
  }

  #look(present: readonly Pod[]): void {
    if (this.#stop.signal.aborted) return;
    const byUid = new Map(present.map((pod) => [pod.metadata.uid ?? "", pod]));
    for (const [uid, running] of this.#pods) {
      const pod = byUid.get(uid);
      if (pod === undefined || isDeleting(pod)) this.#end(uid, running);
    }
    for (const [uid, pod] of byUid) {
      const { phase } = pod.status ?? {};
      if (isDeleting(pod) || this.#pods.has(uid) || phase === "Succeeded" || phase === "Failed") continue;
      const folder = join(this.#root.directory, String(this.#made++));
      const started = new SimulatedPod(pod, { ...this.#root, folder });
      this.#pods.set(uid, started);
      started.start();
    }
  }

  #end(uid: string, running: SimulatedPod): void {
    this.#pods.delete(uid);
    const ending = running.end(true).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

function hasLabels(pod: Pod, selector: Record<string, string>): boolean {
  return Object.entries(selector).every(([name, value]) => pod.metadata.labels?.[name] === value);
}
