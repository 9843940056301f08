import type { FederatedTrainingJob, JobCondition, TrainingRound } from "@tributary/contracts";
import type { TributaryError } from "@tributary/kit";
import type { FoundPlace, Place } from "../shared/place.ts";
import type { AggregatorSettings, KeptRun } from "./render/frozen-run.ts";

/** One seat of a job, as its spec names it. */
export type Participant = FederatedTrainingJob["spec"]["participants"][number];

/** A place where objects of the job may lie, as its status records it. */
export type Placement = NonNullable<NonNullable<FederatedTrainingJob["status"]>["placements"]>[number];

/** Everything a decision about one job is made from. Frozen; times are milliseconds since 1970 by the operator's clock. */
export interface JobSnapshot {
  /** When the snapshot was taken. */
  readonly nowMs: number;
  /** The job as the hub's API server has it. */
  readonly job: FederatedTrainingJob;
  /** When deletion was asked for. */
  readonly deletionMs?: number;
  /** When the job became terminal. */
  readonly completionMs?: number;
  /** What exists for the job on the hub. */
  readonly hub: HubObservation;
  /** One entry a participant, in the order of the spec. */
  readonly seats: readonly SeatObservation[];
  /** What the aggregator said last. */
  readonly aggregator: AggregatorObservation;
  /** TrainingRounds of the job, in any order. */
  readonly rounds: readonly TrainingRound[];
  /** What is known of the places that the status records. */
  readonly placing: PlacingObservation;
}

/** What is known of a job's places in members beside what its status records. */
export interface PlacingObservation {
  /** Names of all MemberClusters. */
  readonly clusters: readonly string[];
  /** What tells clusters apart that are registered under several names; those that do not say it are absent. */
  readonly clusterUids: ReadonlyMap<string, string>;
  /** The same of the clusters that the present links lead to, whatever statuses say of earlier ones. */
  readonly linkedUids: ReadonlyMap<string, string>;
  /** What the seats' controller said last, by cluster. */
  readonly reports: ReadonlyMap<string, PlacingReport>;
  /** Places in which caches of members show objects of the job. */
  readonly shown: readonly (FoundPlace & { readonly cluster: string })[];
}

/** What the seats' controller says of a job in one member cluster. */
export interface PlacingReport {
  /** Places of which the member confirmed, by live lists, that nothing of the job and participant is left. */
  readonly empty: readonly Place[];
  /** What keeps places from being as they are wanted. */
  readonly problems: readonly (Place & { readonly problem: Problem })[];
  /** Places in which a search of the whole member found objects of the job; absent when it was not searched. */
  readonly found?: readonly FoundPlace[];
  /** What keeps the member from being searched. */
  readonly searchProblem?: Problem;
}

/** What exists for a job on the hub. */
export interface HubObservation {
  /** What kept the operator from reading what no cache shows: certificates, claims and the ledger's claim are not known then. */
  readonly unread?: TributaryError;
  /** Certificate in PEM by which workers know the aggregator; absent until it has one. */
  readonly caPem?: string;
  /** Whether the job CA is there and the aggregator takes the calls of an operator with a certificate of it. */
  readonly caSecretPresent?: boolean;
  /** Tells the certificates of the aggregator from others that it may have had. */
  readonly certificateHash?: string;
  /** What the aggregator runs with, as it was fixed; absent until the job was accepted. */
  readonly kept?: KeptRun;
  /** The configuration that the aggregator reads, where there is one. */
  readonly configText?: string;
  /** What the StatefulSet of the aggregator says of its settings, where there is one. */
  readonly liveSettings?: Partial<AggregatorSettings>;
  /** What the StatefulSet says of the configuration that its pod started with. */
  readonly configHash?: string;
  /** Claims that the spec names and that do not exist. */
  readonly missingClaims: readonly string[];
  /** Whose the claim of the ledger's name is, when it is not the job's: an aggregator must not start on it. */
  readonly ledgerProblem?: Problem;
  /** Addresses at which workers reach the aggregator, once the Service has its ports. */
  readonly endpoint?: AggregatorEndpoint;
  /** Whether the Service of the aggregator is there. */
  readonly hasService?: boolean;
  /** Pods of the aggregator that its StatefulSet asks for; 0 where there is none. */
  readonly replicas?: number;
  /** Pods of the aggregator that are ready. */
  readonly readyReplicas: number;
  /** Why the aggregator's pod does not get ready. */
  readonly podProblem?: Problem;
}

/** Where workers reach an aggregator: `host:port`. */
export interface AggregatorEndpoint {
  /** Address of control and parties. */
  readonly controlAddress: string;
  /** Address of the tensor wire. */
  readonly tensorAddress: string;
}

/** A cause that a person can act on. */
export interface Problem {
  /** Reason, a stable word. */
  readonly reason: string;
  /** One sentence with the object and the remedy. */
  readonly message: string;
}

/** The member cluster of a seat. An unreachable member is an observation, not an exception. */
export type MemberObservation =
  | { readonly state: "missing" }
  | (MappedMember & {
      readonly state: "unreachable";
      readonly problem: Problem;
      readonly sinceMs: number;
      readonly heardMs?: number;
    })
  | (MappedMember & { readonly state: "reachable"; readonly heardMs: number });

/** What the hub's MemberCluster says, whether or not the member answers. */
export interface MappedMember {
  /** Namespace that serves the job's namespace; absent when none is mapped. */
  readonly namespace?: string;
  /** Certificates of the gate's CA in PEM; absent when none are registered, or when what is registered holds none. */
  readonly gateCaPem?: string;
  /** What the registered bundle must be, when it cannot be read. */
  readonly gateCaExpected?: string;
  /** Organisation that the hub says the member counts for, where it names one; else its cluster's name counts. */
  readonly organisation?: string;
  /** What the organisation must be, when what is registered is none. */
  readonly organisationExpected?: string;
  /** The MemberCluster is being deleted: what runs there goes on, nothing new is placed. */
  readonly isLeaving?: true;
}

/** The pod template that serves a seat. */
export type TemplateObservation =
  | { readonly state: "unknown" }
  | { readonly state: "found"; readonly template: PodTemplateObject }
  | { readonly state: "runtime-missing"; readonly offered: readonly string[] }
  | { readonly state: "dataset-missing"; readonly offered: readonly string[] };

/** A core/v1 PodTemplate, as far as it is read. */
export interface PodTemplateObject {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata?: {
      readonly labels?: Readonly<Record<string, string>>;
      readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec: PodSpec;
  };
}

/** The part of a pod spec that rendering touches; all else is copied. */
export interface PodSpec {
  readonly [field: string]: unknown;
  readonly containers: readonly ContainerSpec[];
  readonly volumes?: readonly VolumeSpec[];
}

/** A container, as far as rendering touches it. */
export interface ContainerSpec {
  readonly [field: string]: unknown;
  readonly name: string;
  readonly resources?: {
    readonly limits?: Readonly<Record<string, unknown>>;
    readonly requests?: Readonly<Record<string, unknown>>;
  };
}

/** A volume, as far as rendering touches it. */
export interface VolumeSpec {
  readonly [field: string]: unknown;
  readonly name: string;
  readonly configMap?: Readonly<Record<string, unknown>>;
}

/** A worker whose trainer's container has not run yet, and what it waits for. */
export interface StartingWorker {
  readonly workerIndex: number;
  readonly problem: Problem;
}

/** What is known of one seat. */
export interface SeatObservation {
  /** The seat. */
  readonly participant: Participant;
  /** Its member cluster. */
  readonly member: MemberObservation;
  /** The pod template that serves it. */
  readonly template: TemplateObservation;
  /** Whether the batch Job exists in the member. */
  readonly hasBatchJob: boolean;
  /** Reason for which the batch Job failed, when it did. */
  readonly batchJobFailure?: Problem;
  /** Worker pods that run. */
  readonly activePods: number;
  /** Worker pods that failed. */
  readonly failedPods: number;
  /** Indexes of workers that failed for good: no other pod is made for them. Absent means none. */
  readonly failedIndexes?: readonly number[];
  /** Indexes of workers that ended with exit code 0: no other pod is made for them either. */
  readonly completedIndexes?: readonly number[];
  /** What keeps a worker pod from running. */
  readonly podProblem?: Problem;
  /** Indexes of the workers that a problem keeps; absent means all of the seat. */
  readonly blockedIndexes?: readonly number[];
  /** Workers whose trainer has not started yet; absent means none. */
  readonly startingWorkers?: readonly StartingWorker[];
  /** Why the last run of a worker ended that runs again but has not got further than that run. */
  readonly recentCause?: Problem;
  /** What keeps its objects from being made, or from being mended. */
  readonly placingProblem?: Problem;
}

/** What the aggregator said last. */
export type AggregatorObservation =
  | { readonly state: "absent" }
  | { readonly state: "unreachable"; readonly message: string }
  | { readonly state: "heard"; readonly heardMs: number; readonly report: AggregatorReport };

/** The aggregator's state with plain numbers and hexadecimal digests. */
export interface AggregatorReport {
  readonly stage: string;
  /** What the recipe calls the round in work; absent while no window is open. */
  readonly phase?: string;
  readonly window?: WindowPlan;
  /** The window that ended last; absent while one is open. */
  readonly endedWindow?: WindowPlan;
  readonly round: number;
  readonly attempt: number;
  /** Lines of the ledger, hence the number of the next round. */
  readonly rounds: number;
  /** Rounds that changed what the job has learnt. */
  readonly committedRounds: number;
  readonly failedRounds: number;
  readonly parties: readonly PartyReport[];
  readonly verdict: {
    readonly stop: boolean;
    readonly reason: string;
    readonly best: string;
    readonly bestRound: number;
    readonly roundsWithoutImprovement: number;
    /** The rule that this is the verdict of; absent before the first window, and where the aggregator does not say it. */
    readonly rule?: StopRule;
  };
  readonly best?: CheckpointReport;
  readonly last?: CheckpointReport;
  readonly sourceSha256: string;
  readonly problem?: Problem;
  /** Whether the problem is a deadline that the workers could not meet, though enough of them were there until it passed. */
  readonly isDeadlineMissed: boolean;
  /** Workers of the masked sum that was announced and given up: the next attempt is theirs, all of them; absent while there is none. */
  readonly spent?: readonly WorkerName[];
  /** Whether the output volume lacks what the last commit made, and why it takes no model. */
  readonly output: { readonly isPending: boolean; readonly problem?: string };
  /** Committed and evaluated rounds, oldest first; at most the newest hundred. */
  readonly history: readonly RoundReport[];
  /** Sums and firsts over the whole ledger. */
  readonly totals: LedgerTotals;
}

/** One worker of a job, whoever its pod is. */
export interface WorkerName {
  readonly participant: string;
  readonly workerIndex: number;
}

/** One party as the aggregator sees it. */
export interface PartyReport {
  readonly participant: string;
  readonly workerIndex: number;
  /** Milliseconds since the aggregator heard of it. */
  readonly heardAgoMs: number;
  /** How far its clock is ahead of the aggregator's, negative when behind; shown, never decided on. */
  readonly clockOffsetMs: number;
  /** Whether no round is opened with it, for which it has a problem. */
  readonly isUnfit?: boolean;
  readonly problem?: Problem;
}

/** A committed model. */
export interface CheckpointReport {
  readonly path: string;
  readonly round: number;
  readonly sha256: string;
  readonly metric: string;
}

/** What is remembered of the whole ledger. */
export interface LedgerTotals {
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Metrics of the model that the job started from. */
  readonly initialMetrics: Readonly<Record<string, string>>;
}

/** One ledger entry. */
export interface RoundReport {
  readonly round: number;
  readonly outcome: string;
  readonly reports: number;
  readonly dropOuts: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly metrics: Readonly<Record<string, string>>;
  readonly startedMs: number;
  readonly committedMs: number;
  readonly modelSha256: string;
  readonly lineSha256: string;
}

/** A window of consecutive rounds, as the operator plans it. */
export interface WindowPlan {
  readonly from: number;
  readonly through: number;
  readonly attempt: number;
  readonly evaluateOnly: boolean;
  /** What holds for each of its rounds; absent where the aggregator did not say. */
  readonly terms?: WindowTerms;
}

/** What the spec says of the rounds of a window, and of when training ends. */
export interface WindowTerms extends StopRule {
  readonly quorum: number;
  readonly deadlineMs: number;
  readonly localSteps: number;
}

/** What the spec says of when training ends. */
export interface StopRule {
  readonly maxRounds: number;
  readonly convergence?: {
    readonly metric: string;
    readonly mode: string;
    readonly target?: string | undefined;
    readonly patience?: number | undefined;
    readonly minDelta: string;
  };
}

/** A condition as statuses carry it. */
export interface Condition {
  readonly type: JobCondition;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}
