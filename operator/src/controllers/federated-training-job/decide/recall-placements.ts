import { Annotation, cleanupFinalizer } from "@tributary/contracts";
import { type FoundPlace, isSamePlace, type Place } from "../../shared/place.ts";
import type { PlacementRecord } from "../plan.ts";
import { isParticipantName, seatName } from "../render/names.ts";
import type { JobSnapshot, Placement } from "../snapshot.ts";
import type { Settings } from "./verdict.ts";

/** Most places of one job: what the CRD takes. */
export const placementLimit = 400;

type PlaceInCluster = Place & { readonly cluster: string };

/**
 * What is known of a job's places before anything is decided on: what the status records, what was found in members beside
 * it, less what members confirmed to be empty.
 */
export function recallPlacements(snapshot: JobSnapshot, settings: Settings): PlacementRecord {
  const recorded = readRecord(snapshot);
  const isAbandoned = abandonedBy(snapshot);
  const known = recorded.placements.map((placement) => nameCluster(snapshot, placement));
  const kept = known.filter((placement) => !isOver(snapshot, placement, isAbandoned));
  const { found, cutShort } = takeUp(snapshot, settings, recorded.unsearchedClusters, { known, kept });
  const isSearched = (cluster: string): boolean => foundIn(snapshot, cluster) !== undefined && !cutShort.has(cluster);
  return {
    placements: [...kept, ...found],
    unsearchedClusters: recorded.unsearchedClusters.filter((cluster) => !isSearched(cluster) && !isAbandoned(cluster)),
  };
}

/**
 * What was found in members beside the known places, as far as a status has room for it: what the spec does not name leaves some
 * for what it does, and is taken up once others are gone. `cutShort` names the clusters of which something is missing.
 */
function takeUp(
  snapshot: JobSnapshot,
  settings: Settings,
  unsearchedClusters: readonly string[],
  { known, kept }: { readonly known: readonly Placement[]; readonly kept: readonly Placement[] },
): { readonly found: readonly Placement[]; readonly cutShort: ReadonlySet<string> } {
  const { participants } = snapshot.job.spec;
  const isNamed = (place: PlaceInCluster): boolean =>
    participants.some(({ name, cluster }) => name === place.participant && cluster === place.cluster);
  const searched = unsearchedClusters.flatMap((cluster) =>
    (foundIn(snapshot, cluster) ?? []).map((place) => ({ ...place, cluster })),
  );
  const places = Map.groupBy([...searched, ...snapshot.placing.shown], isNamed);
  const found: Placement[] = [];
  const cutShort = new Set<string>();
  // Under the name by which the spec knows a cluster first: under another the same objects would be taken for left ones.
  for (const isByName of [true, false])
    for (const { name, ...place } of places.get(isByName) ?? []) {
      const { cluster } = place;
      const isThis = (one: Placement): boolean => isAt(one, cluster, place) || isShownElsewhere(snapshot, one, place);
      if (known.some(isThis) || found.some(isThis)) continue;
      // What the member confirmed to be gone may still be in a cache that is late.
      if (saidEmpty(snapshot, cluster, place) || !isOfJob(snapshot, settings, { ...place, name })) continue;
      const room = isByName ? placementLimit : placementLimit - participants.length;
      if (kept.length + found.length < room) found.push(newPlacement(snapshot, settings, place));
      else cutShort.add(cluster);
    }
  return { found, cutShort };
}

/** Whether an object that says so is of the job: it has the name that the job's objects have, and anybody's have any labels. */
function isOfJob({ job }: JobSnapshot, { hubId }: Settings, { participant, name }: FoundPlace): boolean {
  return isParticipantName(participant) && name === seatName(hubId, job, participant);
}

/** A place that is recorded from now on. */
export function newPlacement({ job, placing }: JobSnapshot, { hubId }: Settings, place: PlaceInCluster): Placement {
  const { participant, cluster, namespace } = place;
  const name = seatName(hubId, job, participant);
  const clusterUid = placing.linkedUids.get(cluster);
  const known = clusterUid === undefined ? {} : { clusterUid };
  return { participant, cluster, namespace, name, jobUid: job.metadata.uid ?? "", ...known, state: "Wanted" };
}

/** Whether a place is in another cluster than the one that its member's name leads to now. */
export function isInOtherCluster({ placing }: JobSnapshot, { cluster, clusterUid }: Placement): boolean {
  const linked = placing.linkedUids.get(cluster);
  return clusterUid !== undefined && linked !== undefined && linked !== clusterUid;
}

/** A place that was recorded before its member said which cluster it is. */
function nameCluster({ placing }: JobSnapshot, placement: Placement): Placement {
  const clusterUid = placing.linkedUids.get(placement.cluster);
  const isUnnamed = placement.state === "Wanted" && placement.clusterUid === undefined;
  return isUnnamed && clusterUid !== undefined ? { ...placement, clusterUid } : placement;
}

/** What a person gave up of the record: what may be left there is waited for no more. */
export function abandonedIn(snapshot: JobSnapshot): PlacementRecord {
  const isAbandoned = abandonedBy(snapshot);
  const { placements, unsearchedClusters } = readRecord(snapshot);
  return {
    placements: placements.filter(
      (placement) => isGivenUp(snapshot, placement, isAbandoned) && !saidEmpty(snapshot, placement.cluster, placement),
    ),
    unsearchedClusters: unsearchedClusters.filter(isAbandoned),
  };
}

/**
 * The record in the status. The finalizer comes after the first record, so one without the other means that the record was
 * lost: then every member cluster may hold objects of the job.
 */
function readRecord({ job, placing }: JobSnapshot): PlacementRecord {
  const { placements, unsearchedClusters = [] } = job.status ?? {};
  if (placements !== undefined) return { placements, unsearchedClusters };
  if (job.metadata.finalizers?.includes(cleanupFinalizer) !== true) return { placements: [], unsearchedClusters: [] };
  const named = job.spec.participants.map(({ cluster }) => cluster);
  return { placements: [], unsearchedClusters: [...new Set([...placing.clusters, ...named])].sort() };
}

function foundIn({ placing }: JobSnapshot, cluster: string): readonly FoundPlace[] | undefined {
  return placing.reports.get(cluster)?.found;
}

/**
 * Whether a place that is to be made is a recorded one under another name of its cluster: one cluster may be registered twice, as
 * when it gets another name, and what leaves under the first name would take with it what comes under the second.
 */
export function isElsewhere(snapshot: JobSnapshot, known: Placement, place: PlaceInCluster): boolean {
  const { clusterUids, linkedUids } = snapshot.placing;
  return isSameObject(snapshot, known, place, linkedUids.get(place.cluster) ?? clusterUids.get(place.cluster)) === true;
}

/**
 * Whether a place that a link showed is a recorded one under another name of its cluster: what runs there must not be removed for
 * it. Only the link says which cluster it showed: the status speaks of the one before while a name leads elsewhere, so nothing that
 * a recorded place has the name of is another one before the link has said it.
 */
function isShownElsewhere(snapshot: JobSnapshot, known: Placement, place: PlaceInCluster): boolean {
  return isSameObject(snapshot, known, place, snapshot.placing.linkedUids.get(place.cluster)) !== false;
}

/** Whether both are one place of one cluster; undefined where a cluster does not say who it is. */
function isSameObject(
  { placing }: JobSnapshot,
  known: Placement,
  place: PlaceInCluster,
  uid: string | undefined,
): boolean | undefined {
  if (known.cluster === place.cluster || !isSamePlace(known, place)) return false;
  const knownUid = known.clusterUid ?? placing.clusterUids.get(known.cluster);
  return knownUid === undefined || uid === undefined ? undefined : knownUid === uid;
}

/** Of a place that is wanted nobody's word counts that it is empty: it may not have been made yet. */
function isOver(snapshot: JobSnapshot, placement: Placement, isAbandoned: (cluster: string) => boolean): boolean {
  const { state, cluster } = placement;
  const isGone = state === "Leaving" && saidEmpty(snapshot, cluster, placement);
  return isGone || isGivenUp(snapshot, placement, isAbandoned);
}

/** What leaves, and what is in a cluster that the member's name leads to no more, can be given up; what is wanted where it is cannot. */
function isGivenUp(snapshot: JobSnapshot, placement: Placement, isAbandoned: (cluster: string) => boolean): boolean {
  return isAbandoned(placement.cluster) && (placement.state === "Leaving" || isInOtherCluster(snapshot, placement));
}

function saidEmpty({ placing }: JobSnapshot, cluster: string, place: Place): boolean {
  return placing.reports.get(cluster)?.empty.some((empty) => isSamePlace(empty, place)) === true;
}

function isAt(placement: Placement, cluster: string, place: Place): boolean {
  return placement.cluster === cluster && isSamePlace(placement, place);
}

function abandonedBy({ job }: JobSnapshot): (cluster: string) => boolean {
  const names = (job.metadata.annotations?.[Annotation.AbandonClusters] ?? "").split(",").map((name) => name.trim());
  return (cluster) => names.includes(cluster);
}
