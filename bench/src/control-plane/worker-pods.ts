import { Kinds, Label } from "@tributary/contracts";
import {
  type ApiClient,
  createInformer,
  isNotFound,
  type JsonPatchOperation,
  type KubeObject,
} from "@tributary/operator";
import { pauseSeconds } from "./bench-case.ts";
import type { FakeAggregator } from "./fake-aggregator.ts";

type Pod = KubeObject & { readonly status?: { readonly phase?: string } };

/** Namespace in which members have workers. */
export const workerNamespace = "jobs";

const indexLabel = "batch.kubernetes.io/job-completion-index";
const image = (name: string) => `registry.example/tributary/${name}@sha256:${"0".repeat(64)}`;
const probe = { httpGet: { path: "/healthz", port: 9091 }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 };
const variables = Array.from({ length: 9 }, (_, entry) => ({
  name: `TRIBUTARY_VARIABLE_${entry}`,
  value: `/var/run/tributary/value-${entry}`,
}));
const mounts = ["tributary-parameters", "tributary-memory", "tributary-volume"].map((name) => ({
  name,
  mountPath: `/var/run/tributary/${name}`,
}));
const container = (name: string) => ({
  name,
  image: image(name),
  env: variables,
  resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "2Gi" } },
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
  volumeMounts: mounts,
});

/** A runtime of the size that the member chart writes one in. */
export const runtimeTemplate = {
  apiVersion: "v1",
  kind: "PodTemplate",
  metadata: { name: "noop", namespace: workerNamespace, labels: { [Label.Runtime]: "noop" } },
  template: {
    metadata: { labels: { "app.kubernetes.io/name": "tributary-worker", [Label.Runtime]: "noop" } },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      initContainers: [{ ...container("sidecar"), restartPolicy: "Always", startupProbe: probe, livenessProbe: probe }],
      containers: [container("trainer")],
      volumes: [
        { name: "tributary-parameters", configMap: { name: "set-by-hub" } },
        { name: "tributary-memory", emptyDir: { medium: "Memory" } },
        { name: "tributary-volume", emptyDir: {} },
      ],
    },
  },
};

/** What a kubelet, or a scheduler, says of a worker. */
type Stage = "unschedulable" | "starting" | "ready" | "restarting" | "failed";

function statusOf(stage: Stage, restarts: number): Record<string, unknown> {
  const time = new Date().toISOString().replace(/\.\d+Z$/u, "Z");
  const condition = (type: string, isTrue: boolean, more: object = {}) => ({
    type,
    status: isTrue ? "True" : "False",
    lastProbeTime: null,
    lastTransitionTime: time,
    ...more,
  });
  if (stage === "unschedulable") {
    const message =
      "0/5000 nodes are available: 5000 Insufficient nvidia.com/gpu. preemption: 0/5000 nodes are available.";
    return { conditions: [condition("PodScheduled", false, { reason: "Unschedulable", message })] };
  }
  const isReady = stage === "ready";
  const of = (name: string, ready: boolean, state: object, more: object = {}) => ({
    name,
    ready,
    started: ready,
    restartCount: 0,
    image: image(name),
    imageID: image(name),
    containerID: `containerd://${"c".repeat(64)}`,
    state,
    lastState: {},
    ...more,
  });
  const running = { running: { startedAt: time } };
  const ended = { terminated: { exitCode: 1, reason: "Error", startedAt: time, finishedAt: time } };
  const lastState = restarts > 0 ? ended : {};
  const trainer =
    stage === "failed" ? ended : stage === "starting" ? { waiting: { reason: "PodInitializing" } } : running;
  return {
    phase: stage === "failed" ? "Failed" : stage === "starting" ? "Pending" : "Running",
    hostIP: "10.0.0.1",
    podIP: "10.1.0.1",
    startTime: time,
    conditions: [
      condition("PodReadyToStartContainers", true),
      condition("Initialized", stage !== "starting"),
      condition("Ready", isReady),
      condition("ContainersReady", isReady),
      condition("PodScheduled", true),
    ],
    initContainerStatuses: [of("sidecar", stage !== "restarting", running, { lastState, restartCount: restarts })],
    containerStatuses: [of("trainer", isReady, trainer)],
  };
}

/** Plays the kubelets of one member. */
export interface WorkerPods {
  /** Pods that are ready now. */
  readonly ready: number;
  /** Lets the sidecar of the next worker end and start again: two updates. */
  restart(): Promise<void>;
  /** Stops following the member. */
  close(): void;
}

/**
 * Takes each worker pod of a member through the states that a kubelet would: pending, starting, ready, wave by wave; one of
 * eight has no node at first, one of 32 starts its sidecar again, one of 64 fails, upon which its Job makes another.
 */
export function playKubelets(client: ApiClient, aggregator: FakeAggregator): WorkerPods {
  const stop = new AbortController();
  const ready = new Map<string, Pod>();
  const steps: (() => Promise<void>)[] = [];
  let idle = parallel;

  const pods = createInformer<Pod>({
    client,
    resource: Kinds.Pod,
    selection: { namespace: workerNamespace },
    onError: (error) => {
      throw error;
    },
  });
  pods.listen(({ type, object }) => {
    if (type === "added") later(() => first(object));
    if (type === "removed") ready.delete(object.metadata.name);
  });
  void pods.run(stop.signal);

  /** First in, first out: what comes next for a pod waits until all others that are there had their turn. */
  function later(step: () => Promise<void>): void {
    steps.push(step);
    if (idle > 0) void work();
  }

  async function work(): Promise<void> {
    idle--;
    for (let step = steps.shift(); step !== undefined && !stop.signal.aborted; step = steps.shift()) await step();
    idle++;
  }

  async function tell(pod: Pod, stage: Stage, restarts = 0): Promise<void> {
    const { namespace, name } = pod.metadata;
    const operations = Object.entries(statusOf(stage, restarts)).map(
      ([field, value]): JsonPatchOperation => ({ op: "add", path: `/status/${field}`, value }),
    );
    const ref = { namespace, name, subresource: "status" } as const;
    await client.patchJson(Kinds.Pod, ref, operations, { deadlineMs: 120_000 }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    const labels = pod.metadata.labels ?? {};
    const [participant = "", index] = [labels[Label.Participant], Number(labels[indexLabel])];
    if (stage === "ready") {
      ready.set(name, pod);
      aggregator.join(participant, index);
    } else if (ready.delete(name)) aggregator.leave(participant, index);
  }

  async function first(pod: Pod): Promise<void> {
    const chance = hashOf(pod.metadata.name);
    if (chance % 8 === 0) await tell(pod, "unschedulable");
    later(() => starting(pod, chance));
  }

  async function starting(pod: Pod, chance: number): Promise<void> {
    await tell(pod, "starting");
    later(() => running(pod, chance));
  }

  async function running(pod: Pod, chance: number): Promise<void> {
    if (chance % 64 === 1) return tell(pod, "failed");
    if (chance % 32 === 2) {
      await tell(pod, "restarting", 1);
      return later(() => tell(pod, "ready", 1));
    }
    await tell(pod, "ready");
  }

  return {
    get ready() {
      return ready.size;
    },
    async restart() {
      const [pod] = ready.values();
      if (pod === undefined) return;
      await tell(pod, "restarting", 1);
      await pauseSeconds(1);
      await tell(pod, "ready", 1);
    },
    close: () => stop.abort(),
  };
}

/** Status writes that one member has under way at once. */
const parallel = 6;

function hashOf(name: string): number {
  return [...name].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 65_536, 7);
}
