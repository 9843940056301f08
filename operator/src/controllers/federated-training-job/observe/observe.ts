import type { FederatedTrainingJob, MemberCluster, TrainingRound } from "@tributary/contracts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import type { ObjectReader } from "../../../runtime/cache/object-cache.ts";
import { takeTurns } from "../../../runtime/turns.ts";
import type { MemberDirectory } from "../../member-cluster/member-directory.ts";
import type { SeatReports } from "../../seat/seat-reports.ts";
import type { AggregatorObservation, JobSnapshot, PlacingObservation, SeatObservation } from "../snapshot.ts";
import { type HubSources, observeHub } from "./hub.ts";
import { isBeside } from "./owned.ts";
import { observeSeat, placeOf } from "./seat.ts";
import type { SeenRunning } from "./worker-problem.ts";

/** Everything that an observation reads. */
export interface ObservationSources extends HubSources {
  readonly jobs: ObjectReader<FederatedTrainingJob & KubeObject>;
  readonly trainingRounds: ObjectReader<TrainingRound & KubeObject>;
  readonly memberClusters: ObjectReader<MemberCluster & KubeObject>;
  readonly members: MemberDirectory;
  /** What the seats' controller said last. */
  readonly seatReports: Pick<SeatReports, "of">;
  /** What the aggregator of a job said last. */
  readonly aggregatorOf: (jobUid: string) => AggregatorObservation;
  readonly nowMs: () => number;
  /** How long a pod has been seen running. */
  readonly seenRunning: SeenRunning;
}

/** Seats read in one turn: a first look at 25,600 pods must not hold up timers and sockets. */
const seatsAtOnce = 8;

/** Reads everything that a decision about one job needs; undefined when the job is gone. */
export async function observe(
  key: string,
  sources: ObservationSources,
  signal: AbortSignal,
): Promise<JobSnapshot | undefined> {
  const job = sources.jobs.get(key);
  if (job === undefined) return undefined;
  const uid = job.metadata.uid ?? "";
  const reports = sources.seatReports.of(uid);
  const seats: SeatObservation[] = [];
  const turn = takeTurns(seatsAtOnce);
  for (const participant of job.spec.participants) {
    const { cluster } = participant;
    const member = sources.memberClusters.get(cluster);
    const namespace = member === undefined ? undefined : placeOf(job, participant, member);
    const state = sources.members.stateOf(cluster, namespace);
    seats.push(observeSeat(job, participant, member, state, sources.seenRunning, reports.get(cluster)));
    await turn();
  }
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
    rounds: sources.trainingRounds.byIndex("owner", uid).filter((round) => isBeside(round, job)),
    placing: observePlacing(uid, sources),
  });
}

function observePlacing(jobUid: string, sources: ObservationSources): PlacingObservation {
  const clusters = [...sources.memberClusters.keys()].sort();
  const shown = clusters.flatMap((cluster) => {
    const state = sources.members.stateOf(cluster);
    if (state?.state !== "reachable") return [];
    return state.view.placesOf(jobUid).map((place) => ({ ...place, cluster }));
  });
  const clusterUids = uidsOf(clusters, (cluster) => sources.memberClusters.get(cluster)?.status?.clusterUid);
  const linkedUids = uidsOf(clusters, (cluster) => sources.members.stateOf(cluster)?.clusterUid);
  return { clusters, clusterUids, linkedUids, reports: sources.seatReports.of(jobUid), shown };
}

function uidsOf(
  clusters: readonly string[],
  uidOf: (cluster: string) => string | undefined,
): ReadonlyMap<string, string> {
  const found = clusters.map((cluster) => [cluster, uidOf(cluster)] as const);
  return new Map(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}
