import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ControlPlane, startControlPlane } from "@tributary/clouds";
import { Kinds } from "@tributary/contracts";
import { type ClusterConnection, connectCluster, type Unstructured } from "@tributary/operator";
import type { Manifest } from "../a-job.ts";
import { type FaultProxy, startFaultProxy } from "../fault-proxy.ts";
import { bundleOperator, type OperatorProcess, type OperatorProcesses } from "../operator-process.ts";
import { noopTemplate, rigConfiguration } from "../operator-rig.ts";
import { SimulatedKubelet } from "../process-kubelet/simulated-kubelet.ts";
import { valueRange, zerosModel } from "../stack/zeros-model.ts";
import { until } from "../until.ts";
import { type SequenceGate, startSequenceGate } from "./sequence-gate.ts";
import {
  bystander,
  hubNamespaces,
  increment,
  localSteps,
  type MemberName,
  manifestOf,
  memberNames,
  namespaceMap,
  type SequenceJob,
  sharedNamespace,
  spareNamespace,
} from "./sequence-jobs.ts";

const root = join(import.meta.dirname, "../../..");
const image = "dataplane:1";

/** What names a job. */
export type JobRef = Pick<SequenceJob, "namespace" | "name">;

/** Hub or member: real API server and controllers, and a simulated kubelet that runs pods as processes. */
export interface SequenceCluster {
  readonly plane: ControlPlane;
  readonly link: ClusterConnection;
  readonly kubelet: SimulatedKubelet;
}

/** A member: beside the cluster its gate, and the network between it and the operator. */
export interface SequenceMember extends SequenceCluster {
  readonly gate: SequenceGate;
  readonly proxy: FaultProxy;
}

/** Everything that sequences of events happen to; made once for many of them. */
export interface SequenceWorld {
  readonly hub: SequenceCluster;
  readonly members: Readonly<Record<MemberName, SequenceMember>>;
  /** Kills the operator as a node that fails does, and starts another. */
  killOperator(): Promise<void>;
  /** Registers a member under a name. */
  register(member: MemberName, as?: string): Promise<void>;
  /** Puts the runtime into a namespace of a member that was made anew. */
  offerRuntime(member: MemberName, namespace: string): Promise<void>;
  /** Rounds that a job has committed to its output, and whether every value is the closed form of them; throws before the first. */
  readOutput(job: JobRef): Promise<{ readonly rounds: number; readonly isExact: boolean }>;
  /** What must never change of the bystander: uids of its pods and pids of their processes. */
  bystanderIdentity(): string[];
  close(): Promise<void>;
}

const configuration = { ...rigConfiguration, hubId: "sequences" };

/** Starts hub, members, gates and the operator, and waits until the bystander has committed a round. */
export async function createSequenceWorld(): Promise<SequenceWorld> {
  const directory = await mkdtemp(join(tmpdir(), "sequences-"));
  const closers: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  const close = async () => {
    for (const one of closers.toReversed()) await one().catch(() => {});
  };
  try {
    const [hub, aws, gcp] = await Promise.all([
      startCluster("hub", closers),
      ...memberNames.map((name) => startMember(name, join(directory, name), closers)),
    ] as const);
    await prepareHub(hub!);
    const members = { aws: aws as SequenceMember, gcp: gcp as SequenceMember };
    const operators = await bundleOperator(hub!.plane, configuration);
    closers.push(() => operators.close());
    const world = await assemble(hub!, members, operators, close);
    await world.killOperator();
    for (const name of memberNames) await world.register(name);
    await applyTo(hub!, manifestOf(bystander));
    await until("the bystander commits a round", async () => (await world.readOutput(bystander)).rounds >= 1, 180_000);
    return world;
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** Applies objects in a cluster as a user would. */
export async function applyTo({ plane }: SequenceCluster, ...items: readonly Manifest[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items };
  await plane.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], JSON.stringify(list));
}

async function assemble(
  hub: SequenceCluster,
  members: Record<MemberName, SequenceMember>,
  operators: OperatorProcesses,
  close: () => Promise<void>,
): Promise<SequenceWorld> {
  let operator: OperatorProcess | undefined;
  return {
    hub,
    members,
    async killOperator() {
      operator?.child.kill("SIGKILL");
      await operator?.ended();
      operator = await operators.start("operator", { podName: "operator-0" });
    },
    async register(member, as = member) {
      const { proxy, plane, gate } = members[member];
      const secretName = `member-${as}`;
      const data = { kubeconfig: Buffer.from(proxy.redirect(plane.kubeconfig)).toString("base64") };
      const metadata = { name: secretName, namespace: configuration.operatorNamespace };
      const access = { kubeconfig: { secretName } };
      const spec = { access, namespaces: namespaceMap, gate: { caBundle: gate.caPem } };
      const [apiVersion, kind] = ["tributary.dev/v1alpha1", "MemberCluster"];
      const secret = { apiVersion: "v1", kind: "Secret", metadata, data };
      await applyTo(hub, secret, { apiVersion, kind, metadata: { name: as }, spec });
    },
    async offerRuntime(member, namespace) {
      await offerRuntime(members[member], members[member].gate, namespace);
    },
    readOutput: async ({ namespace, name }) =>
      readModel(join(await hub.kubelet.claimFolder(namespace, "models"), name, "last")),
    bystanderIdentity() {
      return [hub.kubelet, members.aws.kubelet].flatMap((kubelet) =>
        kubelet
          .pods()
          .filter(({ pod }) => isOfBystander(pod.metadata, kubelet === hub.kubelet))
          .map(({ pod, pids }) => `${pod.metadata.name} ${pod.metadata.uid} ${pids.join(" ")}`),
      );
    },
    close,
  };
}

/** A model and the note beside it come one after the other: only a model that never fits its note is wrong. */
async function readModel(folder: string): Promise<{ readonly rounds: number; readonly isExact: boolean }> {
  for (let tries = 0; ; tries++) {
    const { round } = JSON.parse(await readFile(join(folder, "round.json"), "utf8")) as { round: number };
    const { min, max } = valueRange(await readFile(join(folder, "model.safetensors")));
    const isExact = min === max && min === round * localSteps * increment;
    if (isExact || tries === 50) return { rounds: round, isExact };
    await sleep(50);
  }
}

function isOfBystander(
  metadata: { readonly namespace?: string; readonly labels?: Record<string, string> },
  onHub: boolean,
): boolean {
  const { labels = {} } = metadata;
  const namespace = onHub ? metadata.namespace : labels["tributary.dev/job-namespace"];
  return labels["tributary.dev/job-name"] === bystander.name && namespace === bystander.namespace;
}

async function startCluster(name: string, closers: (() => Promise<unknown>)[]): Promise<SequenceCluster> {
  const plane = await startControlPlane({ name, controllerManager: true });
  closers.push(() => plane.stop());
  const link = connectCluster(plane.kubeconfig, { cluster: name });
  closers.push(() => link.close());
  const kubelet = await SimulatedKubelet.start(plane);
  closers.push(() => kubelet.close());
  return { plane, link, kubelet };
}

async function startMember(
  name: MemberName,
  directory: string,
  closers: (() => Promise<unknown>)[],
): Promise<SequenceMember> {
  const cluster = await startCluster(name, closers);
  const namespaces = [sharedNamespace, spareNamespace];
  const gate = await startSequenceGate(cluster.plane, { directory, image, namespaces, cluster: name });
  closers.push(() => gate.close());
  const proxy = await startFaultProxy(cluster.plane.url);
  closers.push(() => proxy.close());
  for (const namespace of namespaces) await offerRuntime(cluster, gate, namespace);
  return { ...cluster, gate, proxy };
}

/** The namespace with the worker's account and the runtime `noop`, as the member chart makes them. */
async function offerRuntime(cluster: SequenceCluster, gate: SequenceGate, namespace: string): Promise<void> {
  const template = { ...noopTemplate, metadata: { ...(noopTemplate.metadata as object), namespace } };
  await applyTo(
    cluster,
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "tributary-worker", namespace } },
    { ...template, template: workerTemplate(gate) },
  );
}

function workerTemplate({ address, serverName, caPem }: SequenceGate): Record<string, unknown> {
  const shared = "/var/run/tributary/volume";
  const env = (values: Record<string, string>) => Object.entries(values).map(([name, value]) => ({ name, value }));
  const sidecar = {
    name: "sidecar",
    image,
    args: ["sidecar"],
    restartPolicy: "Always",
    env: env({
      TRIBUTARY_GATE_ADDRESS: address,
      TRIBUTARY_GATE_SERVER_NAME: serverName,
      TRIBUTARY_GATE_CA_PEM: caPem,
      TRIBUTARY_WORKER_CONFIG: "/etc/tributary/worker/worker.json",
      TRIBUTARY_TOKEN_PATH: "/var/run/secrets/tributary/token",
      TRIBUTARY_MEMORY_DIR: "/var/run/tributary/memory",
      TRIBUTARY_VOLUME_DIR: shared,
      TRIBUTARY_TRAINER_SOCKET: `${shared}/trainer.sock`,
      TRIBUTARY_HEALTH_PORT: "0",
    }),
    volumeMounts: [
      { name: "tributary-parameters", mountPath: "/etc/tributary/worker", readOnly: true },
      { name: "token", mountPath: "/var/run/secrets/tributary", readOnly: true },
      { name: "memory", mountPath: "/var/run/tributary/memory" },
      { name: "volume", mountPath: shared },
    ],
  };
  const trainer = {
    name: "trainer",
    image: "trainer:1",
    env: env({ TRIBUTARY_TRAINER_SOCKET: `${shared}/trainer.sock` }),
    volumeMounts: [{ name: "volume", mountPath: shared }],
  };
  const token = { serviceAccountToken: { audience: "tributary", expirationSeconds: 3600, path: "token" } };
  return {
    // By the runtime's name the gate finds what it compares the pod with.
    metadata: { labels: { team: "ml", "tributary.dev/runtime": "noop" } },
    spec: {
      restartPolicy: "Never",
      serviceAccountName: "tributary-worker",
      automountServiceAccountToken: false,
      initContainers: [sidecar],
      containers: [trainer],
      volumes: [
        { name: "tributary-parameters", configMap: { name: "set-by-hub" } },
        { name: "token", projected: { sources: [token] } },
        { name: "memory", emptyDir: {} },
        { name: "volume", emptyDir: {} },
      ],
    },
  };
}

async function prepareHub(hub: SequenceCluster): Promise<void> {
  for (const plural of ["federatedtrainingjobs", "memberclusters", "trainingrounds"])
    await hub.plane.kubectl(
      ["apply", "--server-side", "-f", "-"],
      readFileSync(join(root, `crds/${plural}.yaml`), "utf8"),
    );
  await hub.plane.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
  await hub.plane.kubectl(["create", "namespace", configuration.operatorNamespace]);
  for (const namespace of hubNamespaces) await prepareHubNamespace(hub, namespace);
}

/** A namespace of the hub with its claim and the model on it. */
export async function prepareHubNamespace(hub: SequenceCluster, namespace: string): Promise<void> {
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  const metadata = { name: "models", namespace };
  const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata, spec };
  await applyTo(hub, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, claim);
  await writeFile(join(await hub.kubelet.claimFolder(namespace, "models"), "zeros.safetensors"), zerosModel(400));
}

/** A job's object as the hub has it; undefined when it is gone. */
export function readJob(
  { link }: SequenceCluster,
  ref: { readonly namespace: string; readonly name: string },
): Promise<Unstructured | undefined> {
  return link.client.get(Kinds.FederatedTrainingJob, { namespace: ref.namespace, name: ref.name });
}
