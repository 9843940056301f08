import type { FederatedTrainingJob, MemberCluster, TrainingRound } from "@tributary/contracts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import type { ObjectReader } from "../../../runtime/cache/object-cache.ts";
import type { MemberDirectory } from "../../member-cluster/member-directory.ts";
import type { AggregatorObservation, JobSnapshot } from "../snapshot.ts";
import { type HubSources, observeHub } from "./hub.ts";
import { mappedNamespace, observeSeat } from "./seat.ts";
import type { SeenRunning } from "./worker-problem.ts";

/** Everything that an observation reads. */
export interface ObservationSources extends HubSources {
  readonly jobs: ObjectReader<FederatedTrainingJob & KubeObject>;
  readonly trainingRounds: ObjectReader<TrainingRound & KubeObject>;
  readonly memberClusters: ObjectReader<MemberCluster & KubeObject>;
  readonly members: MemberDirectory;
  /** Id of this hub: the names of its objects in members are made with it. */
  readonly hubId: string;
  /** What the aggregator of a job said last. */
  readonly aggregatorOf: (jobUid: string) => AggregatorObservation;
  readonly nowMs: () => number;
  /** How long a pod has been seen running. */
  readonly seenRunning: SeenRunning;
}

/** Reads everything that a decision about one job needs; undefined when the job is gone. */
export async function observe(
  key: string,
  sources: ObservationSources,
  signal: AbortSignal,
): Promise<JobSnapshot | undefined> {
  const job = sources.jobs.get(key);
  if (job === undefined) return undefined;
  const uid = job.metadata.uid ?? "";
  const seats = job.spec.participants.map((participant) => {
    const member = sources.memberClusters.get(participant.cluster);
    const namespace = member === undefined ? undefined : mappedNamespace(job, member);
    const state = sources.members.stateOf(participant.cluster, namespace);
    return observeSeat(sources.hubId, job, participant, member, state, sources.seenRunning);
  });
  const { deletionTimestamp } = job.metadata;
  const { completionTime } = job.status ?? {};
  return Object.freeze({
    nowMs: sources.nowMs(),
    job,
    ...(deletionTimestamp === undefined ? {} : { deletionMs: Date.parse(deletionTimestamp) }),
    ...(completionTime === undefined ? {} : { completionMs: Date.parse(completionTime) }),
    hub: await observeHub(job, sources, signal),
    seats,
    aggregator: sources.aggregatorOf(uid),
    rounds: sources.trainingRounds.byIndex("job-uid", uid),
  });
}
