import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import { isTributaryError } from "@tributary/kit";
import { isNotFound, type KubeObject } from "@tributary/operator";
import type { ProgramName } from "../../wire/support/program-bundles.ts";
import type { Pod, PodContainer } from "./pod-shape.ts";
import { makeVolumes, rewriteJson, type VolumeRoot, viewOf } from "./pod-volumes.ts";
import { SimulatedContainer } from "./simulated-container.ts";
import { simulatedNodeName } from "./simulated-node.ts";

/** What a pod is run with. */
export interface PodSurroundings extends VolumeRoot {
  /** Folder of this pod alone. */
  readonly folder: string;
}

const graceMs = 8_000;
const describedLines = 8;
const bindings = { group: "", version: "v1", kind: "Binding", plural: "bindings", namespaced: true };

/** One pod: bound to the simulated node, its containers as processes, its status told as a kubelet tells it. */
export class SimulatedPod {
  readonly pod: Pod;
  readonly #around: PodSurroundings;
  readonly #sidecars: SimulatedContainer[];
  readonly #mains: SimulatedContainer[];
  readonly #stop = new AbortController();
  readonly #ports = new Map<number, number>();
  /** Lives of the sidecars, which run beside the other containers. */
  readonly #beside: Promise<void>[] = [];
  #running: Promise<void> | undefined;
  #telling: Promise<void> | undefined;
  #hasNews = false;

  constructor(pod: Pod, around: PodSurroundings) {
    this.pod = pod;
    this.#around = around;
    this.#sidecars = (pod.spec.initContainers ?? []).map((spec) => new SimulatedContainer(spec));
    this.#mains = pod.spec.containers.map((spec) => new SimulatedContainer(spec));
  }

  get isReady(): boolean {
    return this.#all.every(({ isReady }) => isReady);
  }

  /** Pids of its processes. */
  get pids(): number[] {
    return this.#all.flatMap(({ pid }) => pid ?? []);
  }

  /** Port of the host behind a named port of a container. */
  hostPort(name: string | number): number | undefined {
    const ports = this.pod.spec.containers.flatMap((container) => container.ports ?? []);
    const found = ports.find((port) => port.name === name || port.containerPort === name);
    return found === undefined ? undefined : this.#ports.get(found.containerPort);
  }

  /** The last lines that each container wrote. */
  async describe(): Promise<string[]> {
    const { namespace, name } = this.pod.metadata;
    const told = this.#all.map(async ({ spec, isReady }) => {
      const log = await readFile(join(this.#around.folder, `${spec.name}.log`), "utf8").catch(String);
      const lines = log.trimEnd().split("\n").slice(-describedLines);
      return [`${namespace}/${name} ${spec.name}, ${isReady ? "ready" : "not ready"}:`, ...lines];
    });
    return (await Promise.all(told)).flat();
  }

  /** Starts it; call once. */
  start(): void {
    this.#running ??= this.#run().catch((cause: unknown) => {
      if (!this.#stop.signal.aborted) throw cause;
    });
  }

  /** Ends its processes; with `confirm` the object is removed, as a kubelet does once nothing of a deleted pod runs. */
  async end(confirm: boolean): Promise<void> {
    this.#stop.abort();
    // The sidecars last, as in a real pod.
    await Promise.all(this.#mains.map((container) => container.end(graceMs)));
    await Promise.all(this.#sidecars.map((container) => container.end(graceMs)));
    await this.#running;
    if (confirm) {
      this.#tell();
      await this.#telling;
      const { namespace, name, uid } = this.pod.metadata;
      await this.#around.client.delete(Kinds.Pod, { namespace, name }, { uid, gracePeriodSeconds: 0 }).catch(() => {});
    }
    await rm(this.#around.folder, { recursive: true, force: true });
  }

  get #all(): readonly SimulatedContainer[] {
    return [...this.#sidecars, ...this.#mains];
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    await this.#bind();
    const volumes = await this.#untilVolumes();
    if (volumes === undefined) return;
    await this.#choosePorts();
    const onChange = () => this.#tell();
    const { folder } = this.#around;
    const runOf = async (container: SimulatedContainer, restarts: boolean) => {
      const view = viewOf(container.spec, volumes, this.#ports);
      await this.#rewriteFiles(container.spec, volumes);
      const hostName = this.pod.metadata.name;
      return { program: programOf(container.spec), view, folder, hostName, restarts, onChange };
    };
    for (const container of this.#sidecars) this.#beside.push(container.run(await runOf(container, true)));
    const restarts = (this.pod.spec.restartPolicy ?? "Always") === "Always";
    await Promise.all(this.#mains.map(async (container) => container.run(await runOf(container, restarts))));
    if (!signal.aborted) await Promise.all(this.#sidecars.map((container) => container.end(graceMs)));
    await Promise.all(this.#beside);
    this.#tell();
  }

  async #bind(): Promise<void> {
    if (this.pod.spec.nodeName !== undefined) return;
    const { signal } = this.#stop;
    while (!signal.aborted && !(await this.#hasItsClaims())) await sleep(500, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const { namespace, name, uid } = this.pod.metadata;
    const target = { apiVersion: "v1", kind: "Node", name: simulatedNodeName };
    const binding = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace, uid }, target };
    while (!signal.aborted) {
      try {
        await this.#around.client.create(bindings, binding as KubeObject);
        return;
      } catch (error) {
        // A pod that is deleted meanwhile gets no node: its end is told of by the watch.
        if (isTributaryError(error, "API_CONFLICT") || isNotFound(error)) return;
        if (!isTerminating(error)) throw error;
        await sleep(500, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** A scheduler gives no node to a pod whose claim is not there or is being deleted: it would be held for ever. */
  async #hasItsClaims(): Promise<boolean> {
    const { namespace } = this.pod.metadata;
    for (const { persistentVolumeClaim: claim } of this.pod.spec.volumes ?? []) {
      if (claim === undefined) continue;
      const ref = { namespace, name: claim.claimName };
      const found = await this.#around.client.get<KubeObject>(Kinds.PersistentVolumeClaim, ref);
      if (found === undefined || found.metadata.deletionTimestamp !== undefined) return false;
    }
    return true;
  }

  /** A kubelet waits for ConfigMaps, Secrets and claims and says so. */
  async #untilVolumes(): Promise<ReadonlyMap<string, string> | undefined> {
    const { signal } = this.#stop;
    await mkdir(this.#around.folder, { recursive: true });
    while (!signal.aborted) {
      try {
        return await makeVolumes(this.#around, this.pod, this.#around.folder);
      } catch (cause) {
        for (const container of this.#all) container.wait("ContainerCreating", String(cause));
        this.#tell();
        await sleep(500, undefined, { signal }).catch(() => {});
      }
    }
    return undefined;
  }

  async #choosePorts(): Promise<void> {
    const declared = this.pod.spec.containers.flatMap(({ ports = [] }) => ports.map((port) => port.containerPort));
    const free = await freePorts(declared.length);
    for (const [index, port] of declared.entries()) this.#ports.set(port, free[index]!);
  }

  /** Only what comes from a ConfigMap speaks of paths and ports. */
  async #rewriteFiles(container: PodContainer, volumes: ReadonlyMap<string, string>): Promise<void> {
    const view = viewOf(container, volumes, this.#ports);
    const mounted = (container.volumeMounts ?? []).map(({ name }) => name);
    for (const volume of this.pod.spec.volumes ?? []) {
      const folder = volumes.get(volume.name);
      if (volume.configMap === undefined || folder === undefined || !mounted.includes(volume.name)) continue;
      for (const file of await readdir(folder)) {
        const path = join(folder, file);
        if (file.endsWith(".json")) await writeFile(path, rewriteJson(await readFile(path, "utf8"), view));
      }
    }
  }

  /** Writes the status; what changes meanwhile is written after. */
  #tell(): void {
    this.#hasNews = true;
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = undefined;
    });
  }

  async #tellAll(): Promise<void> {
    const { namespace, name, uid } = this.pod.metadata;
    for (let tries = 0; this.#hasNews && tries < 20; tries++) {
      this.#hasNews = false;
      const operations = [
        { op: "test", path: "/metadata/uid", value: uid },
        ...Object.entries(this.#status()).map(([field, value]) => ({ op: "add", path: `/status/${field}`, value })),
      ] as const;
      try {
        await this.#around.client.patchJson(Kinds.Pod, { namespace, name, subresource: "status" }, operations as never);
      } catch (cause) {
        if (isNotFound(cause)) return;
        this.#hasNews = true;
        await sleep(300);
      }
    }
  }

  #status(): Record<string, unknown> {
    const ready = this.isReady ? "True" : "False";
    const now = `${new Date().toISOString().slice(0, 19)}Z`;
    const condition = (type: string, status: string) => ({ type, status, lastTransitionTime: now });
    return {
      phase: this.#phase(),
      hostIP: "127.0.0.1",
      podIP: "127.0.0.1",
      podIPs: [{ ip: "127.0.0.1" }],
      conditions: [
        condition("PodScheduled", "True"),
        condition("Initialized", "True"),
        condition("ContainersReady", ready),
        condition("Ready", ready),
      ],
      initContainerStatuses: this.#sidecars.map((container) => container.status()),
      containerStatuses: this.#mains.map((container) => container.status()),
    };
  }

  #phase(): string {
    const codes = this.#mains.map(({ exitCode }) => exitCode);
    if (codes.every((code) => code !== undefined)) return codes.every((code) => code === 0) ? "Succeeded" : "Failed";
    return this.#all.some(({ pid }) => pid !== undefined) || this.#all.some(({ isReady }) => isReady)
      ? "Running"
      : this.#stop.signal.aborted
        ? "Failed"
        : "Pending";
  }
}

/** A namespace that is being deleted takes no binding, and soon has no pod: a scheduler tries again until then. */
function isTerminating(error: unknown): boolean {
  return isTributaryError(error, "FORBIDDEN") && error.message.includes("because it is being terminated");
}

/** The program behind an image and its arguments. */
function programOf({ image, args = [] }: PodContainer): ProgramName {
  if (image.startsWith("trainer:")) return "trainer";
  const [program] = args;
  if (program === "aggregator" || program === "sidecar" || program === "gate") return program;
  throw new Error(`image ${image} with ${JSON.stringify(args)} is no program of the worker image`);
}
