import { Annotation, cleanupFinalizer } from "@tributary/contracts";
import { isSamePlace, type Place } from "../../shared/place.ts";
import type { PlacementRecord } from "../plan.ts";
import { seatName } from "../render/names.ts";
import type { JobSnapshot, Placement } from "../snapshot.ts";
import type { Settings } from "./verdict.ts";

/**
 * What is known of a job's places before anything is decided on: what the status records, what was found in members beside
 * it, less what members confirmed to be empty.
 */
export function recallPlacements(snapshot: JobSnapshot, settings: Settings): PlacementRecord {
  const recorded = readRecord(snapshot);
  const isAbandoned = abandonedBy(snapshot);
  const searched = recorded.unsearchedClusters.filter((cluster) => foundIn(snapshot, cluster) !== undefined);
  const found = [
    ...searched.flatMap((cluster) => (foundIn(snapshot, cluster) ?? []).map((place) => ({ ...place, cluster }))),
    // What the member confirmed to be gone may still be in a cache that is late.
    ...snapshot.placing.shown.filter((place) => !saidEmpty(snapshot, place.cluster, place)),
  ];
  const placements = recorded.placements.map((placement) => nameCluster(snapshot, placement));
  // Under the name by which the spec knows a cluster first: under another the same objects would be taken for left ones.
  const isNamed = (place: Place & { readonly cluster: string }): boolean =>
    snapshot.job.spec.participants.some(({ name, cluster }) => name === place.participant && cluster === place.cluster);
  for (const place of found.toSorted((left, right) => Number(isNamed(right)) - Number(isNamed(left)))) {
    const { participant, cluster, namespace } = place;
    if (placements.some((known) => isAt(known, cluster, place) || isElsewhere(snapshot, known, place, true))) continue;
    placements.push(newPlacement(snapshot, settings, { participant, cluster, namespace }));
  }
  return {
    placements: placements.filter((placement) => !isOver(snapshot, placement, isAbandoned)),
    unsearchedClusters: recorded.unsearchedClusters.filter(
      (cluster) => !searched.includes(cluster) && !isAbandoned(cluster),
    ),
  };
}

/** A place that is recorded from now on. */
export function newPlacement(
  { job, placing }: JobSnapshot,
  { hubId }: Settings,
  place: Place & { readonly cluster: string },
): Placement {
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
      (placement) =>
        placement.state === "Leaving" &&
        isAbandoned(placement.cluster) &&
        !saidEmpty(snapshot, placement.cluster, placement),
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

function foundIn({ placing }: JobSnapshot, cluster: string): readonly Place[] | undefined {
  return placing.reports.get(cluster)?.found;
}

/**
 * Whether a recorded place is the same one under another name of its cluster: one cluster may be registered twice, as when it
 * gets another name, and what runs there must not be removed for it.
 * @param ifUnknown the answer where clusters do not say who they are
 */
export function isElsewhere(
  { placing: { clusterUids } }: JobSnapshot,
  known: Placement,
  place: Place & { readonly cluster: string },
  ifUnknown: boolean,
): boolean {
  if (known.cluster === place.cluster || !isSamePlace(known, place)) return false;
  const [one, other] = [clusterUids.get(known.cluster), clusterUids.get(place.cluster)];
  return one === undefined || other === undefined ? ifUnknown : one === other;
}

/** Only what leaves is ever over: a place that is wanted may be empty because it was not made yet. */
function isOver(snapshot: JobSnapshot, placement: Placement, isAbandoned: (cluster: string) => boolean): boolean {
  const { state, cluster } = placement;
  return state === "Leaving" && (saidEmpty(snapshot, cluster, placement) || isAbandoned(cluster));
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
