import type { ControlPlane } from "@tributary/clouds";
import { type FederatedTrainingJob, Kinds, Label } from "@tributary/contracts";
import { type ApiClient, connectCluster, createInformer, type KubeObject } from "@tributary/operator";
import { bundleOperator, type OperatorProcess, type OperatorProcesses } from "@tributary/test/operator-process";
import type { CaseResult } from "../shared/bench-line.ts";
import { type BenchCase, type BenchContext, pauseSeconds, unmeasured } from "./bench-case.ts";
import { type FakeAggregator, startFakeAggregator } from "./fake-aggregator.ts";
import { operatorConfiguration } from "./operator-configuration.ts";
import { installCrds, registerMember } from "./register-member.ts";
import { playKubelets, runtimeTemplate, type WorkerPods, workerNamespace } from "./worker-pods.ts";

const jobName = "large";
const preload = new URL("./loop-probe.mjs", import.meta.url).pathname;
/** Members over which the participants are spread; the CRD lets a member have several. */
const memberNames = ["member-0", "member-1", "member-2", "member-3"];
/** Workers of the whole job that are restarted in one second; each is two updates of its pod. */
const restartsPerSecond = 10;

/** Makes pods as fast as the API server takes them, and nothing else: no node is there to care for. */
const controllerManagerFlags = [
  "--controllers=job-controller,serviceaccount-controller",
  "--kube-api-qps=500",
  "--kube-api-burst=1000",
  "--concurrent-job-syncs=10",
];

/**
 * A whole operator, as its image holds it, with one job of the largest shape that the CRD takes. The batch Jobs' pods are made by
 * the Job controller of each member; kubelets and the aggregator are played by this process.
 */
export const largeJob: BenchCase = async (context) => {
  const { startCluster, participants, workers, idleSeconds } = context;
  const [hub, ...members] = await Promise.all([
    startCluster("hub"),
    ...memberNames.map((name) => startCluster(name, { controllerManager: true, controllerManagerFlags })),
  ]);
  await prepare(hub, members);
  const hubLink = connectCluster(hub.kubeconfig, { cluster: "hub" });
  const links = members.map((member) => connectCluster(member.kubeconfig, { cluster: member.name }));
  const clients = links.map(({ client }) => client);
  const operators = await bundleOperator(hub, operatorConfiguration);
  const operator = await operators.start("operator", { preload });
  let phases = 0;
  const endPhase = () => tellPhase(operator, phases++);
  await hub.kubectl(["wait", "--for=condition=Ready", "--timeout=60s", "memberclusters", "--all"]);
  await endPhase();

  await hubLink.client.create(Kinds.FederatedTrainingJob, jobOf(participants, workers));
  const aggregator = await startFakeAggregator(hubLink.client, jobName);
  const kubelets = clients.map((client) => playKubelets(client, aggregator));
  await until(() => arePlaced(clients, participants));
  const placed = await endPhase();

  await until(async () => sumOfReady(kubelets) >= participants * workers && (await isReady(hubLink.client)));
  const up = await endPhase();

  const stop = new AbortController();
  const writes = countWrites(hubLink.client, stop.signal);
  await restartWorkers(kubelets, idleSeconds);
  const steady = await endPhase();
  const writesPerMinute = (writes() * 60) / idleSeconds;
  stop.abort();

  operator.child.kill("SIGKILL");
  const restarted = await measureRestart(operators, aggregator);
  await operators.close();
  for (const { close } of kubelets) close();
  await Promise.all([hubLink, ...links].map((link) => link.close()));
  return resultsOf(context, { placed, up, steady, restarted }, writesPerMinute);
};

async function prepare(hub: ControlPlane, members: readonly ControlPlane[]): Promise<void> {
  await installCrds(hub);
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "models", namespace: "default" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  };
  await hub.kubectl(["apply", "-f", "-"], JSON.stringify(claim));
  for (const member of members) {
    await member.kubectl(["create", "namespace", workerNamespace]);
    await member.kubectl(["apply", "-f", "-"], JSON.stringify(runtimeTemplate));
    await registerMember(hub, member, workerNamespace);
  }
}

function jobOf(participants: number, workers: number): KubeObject {
  const spec = {
    model: { source: { persistentVolumeClaim: { claimName: "models", path: "model.safetensors" } } },
    trainer: { runtime: "noop", task: "noop" },
    participants: Array.from({ length: participants }, (_, index) => ({
      name: `hospital-${String(index).padStart(3, "0")}`,
      cluster: memberNames[index % memberNames.length],
      workers,
    })),
    schedule: { synchronous: { maxRounds: 10_000, quorum: Math.ceil((participants * workers) / 2) } },
    privacy: { secureAggregation: { protocol: "None" } },
    output: { persistentVolumeClaim: "models" },
  };
  return {
    apiVersion: "tributary.dev/v1alpha1",
    kind: "FederatedTrainingJob",
    metadata: { name: jobName, namespace: "default" },
    spec,
  } as KubeObject;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pauseSeconds(0.5);
}

async function arePlaced(members: readonly ApiClient[], participants: number): Promise<boolean> {
  const selection = { namespace: workerNamespace, labelSelector: Label.Participant };
  const kinds = [Kinds.Job, Kinds.ConfigMap] as const;
  const found = await Promise.all(
    kinds.map(async (kind) => (await Promise.all(members.map((member) => member.list(kind, selection)))).flat()),
  );
  return found.every((objects) => objects.length === participants);
}

function sumOfReady(kubelets: readonly WorkerPods[]): number {
  return kubelets.reduce((sum, { ready }) => sum + ready, 0);
}

/** Whether the job's status says that no worker is missing. */
async function isReady(hub: ApiClient): Promise<boolean> {
  const ref = { namespace: "default", name: jobName };
  const job = await hub.get<FederatedTrainingJob & KubeObject>(Kinds.FederatedTrainingJob, ref);
  const { clusters = [] } = job?.status ?? {};
  return clusters.every(({ ready }, index) => ready === job?.spec.participants[index]?.workers);
}

/** Counts writes of the job's status from now on; nothing else of the job changes. */
function countWrites(hub: ApiClient, signal: AbortSignal): () => number {
  let writes = 0;
  const jobs = createInformer<KubeObject>({
    client: hub,
    resource: Kinds.FederatedTrainingJob,
    onError: (error) => {
      throw error;
    },
  });
  jobs.listen(({ type }) => {
    if (type === "updated") writes++;
  });
  void jobs.run(signal);
  return () => writes;
}

async function restartWorkers(kubelets: readonly WorkerPods[], seconds: number): Promise<void> {
  const started: Promise<void>[] = [];
  for (let second = 0; second < seconds; second++) {
    for (let count = 0; count < restartsPerSecond; count++)
      started.push((kubelets[count % kubelets.length] as WorkerPods).restart());
    await pauseSeconds(1);
  }
  await Promise.all(started);
}

/** Starts another operator beside all those pods; measured until three rounds were committed, so that it opened windows. */
async function measureRestart(operators: OperatorProcesses, aggregator: FakeAggregator): Promise<Told> {
  const before = aggregator.rounds;
  const operator = await operators.start("operator-again", { preload });
  await until(async () => aggregator.rounds >= before + 3);
  return tellPhase(operator, 0);
}

function tellPhase(operator: OperatorProcess, phase: number): Promise<Told> {
  operator.child.kill("SIGUSR2");
  return operator.logged(`phase ${phase}`);
}

type Told = Readonly<Record<string, unknown>>;

function resultsOf(
  { participants, workers }: BenchContext,
  { placed, up, steady, restarted }: Readonly<Record<"placed" | "up" | "steady" | "restarted", Told>>,
  writesPerMinute: number,
): CaseResult[] {
  const peakBytes = { ours: Math.max(steady.peakBytes as number, restarted.peakBytes as number), peer: null };
  const common = { better: "lower", peer: null, ...unmeasured(), peakBytes } as const;
  const of = (name: string) => `a job of ${participants} x ${workers} workers, ${name}`;
  const lag = { metric: "P99 of the event loop's delay", unit: "ms", target: { atMost: 50 } } as const;
  // What the kubelet gives the operator's probes.
  const longest = { metric: "longest delay of the event loop", unit: "ms", target: { atMost: 5_000 } } as const;
  // The same where the machine is not shared: what the operator's own thread took.
  const work = { ...lag, metric: "P99 of its processor time between two looks, 2 ms apart" } as const;
  const longestWork = { ...longest, metric: "longest processor time between two looks" } as const;
  const memory = { metric: "memory", unit: "MiB", target: { atMost: 300 } } as const;
  const delays = (name: string, told: Told): CaseResult[] => [
    { ...common, ...lag, case: of(name), ours: [told.lagMs as number] },
    { ...common, ...longest, case: of(name), ours: [told.longestMs as number] },
    { ...common, ...work, case: of(name), ours: [told.workMs as number] },
    { ...common, ...longestWork, case: of(name), ours: [told.longestWorkMs as number] },
  ];
  const mebibytes = (name: string, bytes: unknown): CaseResult => ({
    ...common,
    ...memory,
    case: of(name),
    ours: [(bytes as number) / 2 ** 20],
  });
  const writes = { metric: "writes of the job's status", unit: "1/min", target: { atMost: 60 } } as const;
  return [
    ...delays("being placed", placed),
    ...delays("pods coming up", up),
    ...delays("steady, 20 updates of pods a second", steady),
    ...delays("operator starting again", restarted),
    mebibytes("at the peak", steady.peakBytes),
    mebibytes("steady", steady.rssBytes),
    mebibytes("operator starting again, at the peak", restarted.peakBytes),
    { ...common, ...writes, case: of("steady, 20 updates of pods a second"), ours: [writesPerMinute] },
  ];
}
