import type { FederatedTrainingJob } from "@tributary/contracts";
import { isDeleting, type KubeObject, type Unstructured } from "../../../runtime/api/object.ts";
import type { ObjectReader } from "../../../runtime/cache/object-cache.ts";
import type { Expectations } from "../../../runtime/control/expectations.ts";
import { findTemplate } from "../../federated-training-job/observe/seat.ts";
import type { Placement, Problem } from "../../federated-training-job/snapshot.ts";
import type { MemberDirectory, MemberState } from "../../member-cluster/member-directory.ts";
import { jobNameLabel } from "../../shared/keep-metadata.ts";
import { isWrittenByUs } from "../../shared/written-by-us.ts";
import { clusterChanged } from "../cluster-changed.ts";
import { parseSeatKey, placeKey } from "../seat-key.ts";
import type { SeatReports } from "../seat-reports.ts";
import type { AggregatorAccess, MemberReach, PlaceObservation, SeatsSnapshot } from "../snapshot.ts";

type Job = FederatedTrainingJob & KubeObject;

/** Everything that a look at seats reads. */
export interface SeatSources {
  readonly jobs: Pick<ObjectReader<Job>, "get">;
  readonly members: MemberDirectory;
  /** Namespaces of a member in which objects of this hub may lie, mapped or not. */
  readonly namespacesOf: (cluster: string) => readonly string[];
  /** Where workers reach the aggregator of a job, once it has an address and certificates. */
  readonly aggregatorOf: (job: Job, signal: AbortSignal) => Promise<AggregatorAccess | undefined>;
  readonly expectations: Pick<Expectations, "areMet">;
  readonly reports: SeatReports;
  /** Id of this hub. */
  readonly hubId: string;
}

/** Reads what is known of the seats of one job in one member; undefined when the job is gone or has nothing there. */
export async function observeSeats(
  key: string,
  sources: SeatSources,
  signal: AbortSignal,
): Promise<SeatsSnapshot | undefined> {
  const { cluster, job: jobKey } = parseSeatKey(key);
  const job = sources.jobs.get(jobKey);
  if (job === undefined) return undefined;
  const placements = (job.status?.placements ?? []).filter((placement) => placement.cluster === cluster);
  const isUnsearched = job.status?.unsearchedClusters?.includes(cluster) === true;
  const wanted = placements.filter(({ state }) => state === "Wanted");
  // In this turn, before anything is awaited: a place that may be made from now on is no longer empty.
  sources.reports.begin(job.metadata.uid ?? "", cluster, wanted);
  const state = sources.members.stateOf(cluster);
  const places = placements.map((placement) => observePlace(job, placement, sources));
  const hasMore = isUnsearched || wanted.length < placements.length;
  const aggregator =
    wanted.length > 0 && state?.state === "reachable" ? await findAccess(job, sources, hasMore, signal) : undefined;
  return {
    job,
    hubId: sources.hubId,
    cluster,
    member: reachOf(state, sources.namespacesOf(cluster)),
    isUnsearched,
    places,
    ...(aggregator === undefined ? {} : { aggregator }),
  };
}

/** What leaves, and the search of a cluster, need no aggregator: that it may not be read holds up neither. */
async function findAccess(
  job: Job,
  sources: SeatSources,
  hasMore: boolean,
  signal: AbortSignal,
): Promise<AggregatorAccess | undefined> {
  try {
    return await sources.aggregatorOf(job, signal);
  } catch (error) {
    if (!hasMore || signal.aborted) throw error;
    return undefined;
  }
}

function reachOf(state: MemberState | undefined, namespaces: readonly string[]): MemberReach {
  if (state === undefined) return { state: "missing" };
  if (state.state === "unreachable") return { state: "unreachable", problem: state.problem };
  return { state: "reachable", namespaces };
}

/** Whether the member leads to another cluster: what that shows, and whether it has the namespace, says nothing of the place. */
function findChange(placement: Placement, member: MemberState | undefined): Problem | undefined {
  const [linked, recorded] = [member?.clusterUid, placement.clusterUid];
  const isOther = linked !== undefined && recorded !== undefined && linked !== recorded;
  return isOther ? clusterChanged(placement, linked) : undefined;
}

function observePlace(job: Job, placement: Placement, { expectations, members }: SeatSources): PlaceObservation {
  const { cluster, namespace, jobUid, name } = placement;
  const participant = job.spec.participants.find(
    (one) => one.name === placement.participant && one.cluster === cluster,
  );
  const isSettled = expectations.areMet(placeKey(placement));
  const known = {
    placement,
    isSettled,
    ...(participant === undefined ? {} : { participant }),
  };
  const state = members.stateOf(cluster, namespace);
  const ofState = state?.state === "unreachable" ? state.problem : undefined;
  const unread = findChange(placement, members.stateOf(cluster)) ?? ofState;
  if (state?.state !== "reachable" || unread !== undefined)
    return { ...known, ...(unread && { unread }), template: { state: "unknown" }, hasEndingPods: false };
  const { view } = state;
  const objectsOf = (kind: "configMaps" | "jobs" | "pods") =>
    view.objectsOf(kind, namespace, jobUid, placement.participant);
  const named = (kind: "configMaps" | "jobs") => objectsOf(kind).find((object) => object.metadata.name === name);
  // What somebody else wrote under the seat's name is no object of the seat: placing meets it, live, and tells of it.
  const [anchor, batchJob] = [ours(named("configMaps")), ours(named("jobs"))];
  const isTaken = batchJob === undefined && named("jobs") !== undefined;
  const isPod = ({ metadata }: KubeObject): boolean => !isTaken && metadata.labels?.[jobNameLabel] === name;
  const offered = participant === undefined ? undefined : findTemplate(job, participant, view.podTemplates(namespace));
  return {
    ...known,
    template: offered ?? { state: "unknown" },
    ...(anchor === undefined ? {} : { anchor }),
    ...(batchJob === undefined ? {} : { batchJob }),
    hasEndingPods: objectsOf("pods").some((pod) => isDeleting(pod) && isPod(pod)),
  };
}

function ours(object: Unstructured | undefined): Unstructured | undefined {
  return object !== undefined && isWrittenByUs(object) ? object : undefined;
}
