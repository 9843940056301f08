import { cleanupFinalizer, type FederatedTrainingJob } from "@tributary/contracts";
import type { Settings } from "../decide/verdict.ts";
import type { FrozenRun } from "../render/frozen-run.ts";
import { seatName } from "../render/names.ts";
import type {
  AggregatorReport,
  Condition,
  JobSnapshot,
  Placement,
  PodTemplateObject,
  RoundReport,
  SeatObservation,
} from "../snapshot.ts";

/** Settings as a chart renders them. */
export const someSettings: Settings = {
  hubId: "hub",
  aggregator: { image: "dataplane:1", imagePullPolicy: "IfNotPresent", dataVolumeSize: "1Gi", memoryLimit: "1Gi" },
};

/** The time of every snapshot of the tests, milliseconds since 1970. */
export const someTimeMs = 1_800_000_000_000;

/** A job over two clouds with one worker each and a quorum of two. */
export function aJob(
  spec: Partial<FederatedTrainingJob["spec"]> = {},
  metadata: Partial<FederatedTrainingJob["metadata"]> = {},
): FederatedTrainingJob {
  return {
    metadata: {
      name: "notes",
      namespace: "research",
      uid: "job-uid",
      generation: 1,
      finalizers: [cleanupFinalizer],
      ...metadata,
    },
    spec: {
      paradigm: "Horizontal",
      model: { source: { persistentVolumeClaim: { claimName: "models", path: "zeros.safetensors" } } },
      trainer: { runtime: "noop", task: "noop", seed: 1 },
      participants: [
        { name: "aws", cluster: "aws-1", role: "Trainer", workers: 1 },
        { name: "gcp", cluster: "gcp-1", role: "Trainer", workers: 1 },
      ],
      strategy: { name: "FedAvg" },
      schedule: { synchronous: { maxRounds: 5, localSteps: 3, quorum: 2, deadline: "10m" } },
      privacy: { secureAggregation: { protocol: "None" } },
      communication: { initialStep: "2^-20" },
      failurePolicy: { workerRestartLimit: 10 },
      output: { persistentVolumeClaim: "models" },
      suspend: false,
      roundHistoryLimit: 10,
      ...spec,
    },
    status: { placements: [] },
  };
}

/** A pod template as a member's admin writes it. */
export const aTemplate: PodTemplateObject = {
  metadata: { name: "noop", labels: { "tributary.dev/runtime": "noop" } },
  template: {
    metadata: { labels: { team: "ml" } },
    spec: {
      dnsPolicy: "None",
      initContainers: [{ name: "sidecar", image: "dataplane@sha256:1", restartPolicy: "Always" }],
      containers: [
        { name: "trainer", image: "trainer@sha256:2", command: ["train"], resources: { requests: { cpu: "1" } } },
      ],
      volumes: [
        { name: "tributary-parameters", configMap: { name: "set-by-hub" } },
        { name: "shared", emptyDir: {} },
      ],
    },
  },
};

/** A seat of a member that answers, before anything was placed. */
export function aSeat(
  job: FederatedTrainingJob,
  index: number,
  changes: Partial<SeatObservation> = {},
): SeatObservation {
  return {
    participant: job.spec.participants[index]!,
    member: { state: "reachable", heardMs: someTimeMs, namespace: "jobs", gateCaPem: "gate CA" },
    template: { state: "found", template: aTemplate },
    hasBatchJob: false,
    activePods: 0,
    failedPods: 0,
    ...changes,
  };
}

/** A report of an aggregator that both workers have joined and that has committed nothing. */
export function aReport(changes: Partial<AggregatorReport> = {}): AggregatorReport {
  const { committedRounds = 0 } = changes;
  return {
    stage: "Idle",
    round: 0,
    attempt: 1,
    rounds: committedRounds,
    committedRounds,
    failedRounds: 0,
    parties: [
      { participant: "aws", workerIndex: 0, heardAgoMs: 0, clockOffsetMs: 0 },
      { participant: "gcp", workerIndex: 0, heardAgoMs: 0, clockOffsetMs: 0 },
    ],
    verdict: { stop: false, reason: "", best: "", bestRound: 0, roundsWithoutImprovement: 0 },
    output: { isPending: false },
    isDeadlineMissed: false,
    sourceSha256: "00",
    history: [],
    totals: { bytesUp: 0, bytesDown: 0, initialMetrics: {} },
    ...changes,
  };
}

/** What an aggregator says once the window that ends a job, of line `round` alone, is over. */
export function anEvaluation(round: number): Pick<AggregatorReport, "rounds" | "endedWindow" | "history"> {
  return {
    rounds: round + 1,
    endedWindow: { from: round, through: round, attempt: 1, evaluateOnly: true },
    history: [aRound(round - 1, 1), aRound(round, 1, { outcome: "Evaluated" })],
  };
}

/** A committed round of `seconds`. */
export function aRound(round: number, seconds: number, changes: Partial<RoundReport> = {}): RoundReport {
  const startedMs = someTimeMs + round * seconds * 1000;
  return {
    round,
    outcome: "Committed",
    reports: 2,
    dropOuts: 0,
    bytesUp: 10,
    bytesDown: 20,
    metrics: { validation_loss: `${3 - round / 10}` },
    startedMs,
    committedMs: startedMs + seconds * 1000,
    modelSha256: "aa",
    lineSha256: "bb",
    ...changes,
  };
}

/** What an aggregator runs with whose members answered when the job was accepted. */
export function aRun({ spec }: FederatedTrainingJob): FrozenRun {
  const clusters = [...new Set(spec.participants.map(({ cluster }) => cluster))];
  const members = clusters.map((cluster) => ({ cluster, gateCaPem: "gate CA", namespace: "jobs" }));
  return { settings: someSettings.aggregator, members };
}

/** A snapshot of a job whose aggregator answers and whose workers have joined; nothing is placed in the caches yet. */
export function aSnapshot(changes: Partial<JobSnapshot> = {}): JobSnapshot {
  const job = changes.job ?? aJob();
  return {
    nowMs: someTimeMs,
    job,
    hub: {
      caPem: "job CA",
      caSecretPresent: true,
      certificateHash: "0",
      missingClaims: [],
      endpoint: { controlAddress: "10.0.0.1:30001", tensorAddress: "10.0.0.1:30002" },
      hasService: true,
      replicas: 1,
      readyReplicas: 1,
      kept: { run: aRun(job), isOpen: false },
    },
    seats: job.spec.participants.map((_participant, index) => aSeat(job, index)),
    aggregator: { state: "heard", heardMs: someTimeMs, report: aReport() },
    rounds: [],
    placing: {
      clusters: ["aws-1", "gcp-1"],
      clusterUids: new Map(),
      linkedUids: new Map(),
      reports: new Map(),
      shown: [],
    },
    ...changes,
  };
}

/** A place in the record of a job. */
export function aPlacement(changes: Partial<Placement> = {}): Placement {
  const place = { participant: "aws", cluster: "aws-1", namespace: "jobs", ...changes };
  const name = seatName(someSettings.hubId, aJob(), place.participant);
  return { name, jobUid: "job-uid", state: "Wanted", ...place };
}

/** A job with placements in its status. */
export function withPlacements(job: FederatedTrainingJob, ...placements: readonly Placement[]): FederatedTrainingJob {
  return { ...job, status: { ...job.status, placements: [...placements], unsearchedClusters: [] } };
}

/** A job with conditions in its status. */
export function withConditions(job: FederatedTrainingJob, ...conditions: readonly Condition[]): FederatedTrainingJob {
  const written = conditions.map((condition) => ({ ...condition, lastTransitionTime: "2027-01-15T08:00:00.000Z" }));
  return { ...job, status: { ...job.status, conditions: written } };
}
