import { cleanupFinalizer, Reason } from "@tributary/contracts";
import type { PlacementRecord, PlannedEvent } from "../plan.ts";
import type { JobSnapshot, Placement, SeatObservation } from "../snapshot.ts";
import type { Placing } from "./placing.ts";
import {
  abandonedIn,
  isElsewhere,
  isInOtherCluster,
  newPlacement,
  placementLimit,
  recallPlacements,
} from "./recall-placements.ts";
import type { Settings } from "./verdict.ts";

/** The record after a decision: the only thing that the seats' controller acts on. */
export function recordPlacements(
  snapshot: JobSnapshot,
  settings: Settings,
  placing: Placing | undefined,
): PlacementRecord {
  const known = recallPlacements(snapshot, settings);
  const placements =
    placing === undefined
      ? known.placements
      : placing.type === "leave"
        ? known.placements.map(leave)
        : place(snapshot, settings, known, placing.seats);
  return { placements: placements.toSorted(byPlace), unsearchedClusters: known.unsearchedClusters };
}

/** Tells of objects that were given up, as the trace that stays of them. */
export function tellAbandoned(snapshot: JobSnapshot): PlannedEvent[] {
  const { placements, unsearchedClusters } = abandonedIn(snapshot);
  const after = "was given up as the job's annotation asked; it goes when the cluster answers again";
  const notes = [
    ...placements.map(
      ({ participant, cluster, namespace, name }) =>
        `participant ${participant}: what is left of Job and ConfigMap ${name} in namespace ${namespace} of cluster ${cluster} ${after}`,
    ),
    ...unsearchedClusters.map((cluster) => `what may be left of the job in cluster ${cluster} ${after}`),
  ];
  return notes.map((note) => ({ type: "Warning", reason: Reason.Abandoned, note }));
}

function place(
  snapshot: JobSnapshot,
  settings: Settings,
  known: PlacementRecord,
  seats: readonly SeatObservation[],
): Placement[] {
  const { job } = snapshot;
  const kept = keepWanted(snapshot, known.placements);
  // Before the finalizer is there nothing may be made: a deletion would not wait for it.
  if (job.metadata.finalizers?.includes(cleanupFinalizer) !== true) return kept;
  const added = seats.flatMap(({ participant, member }) => {
    const { cluster } = participant;
    if (member.state === "missing" || member.namespace === undefined) return [];
    // What a search may still find must not be placed a second time, and what leaves must be gone first.
    if (known.unsearchedClusters.includes(cluster)) return [];
    const { namespace } = member;
    const isTaken = kept.some(
      (one) =>
        one.participant === participant.name &&
        one.cluster === cluster &&
        // In another cluster nobody sees what leaves end, whichever namespace is mapped now.
        (one.state === "Wanted" || one.namespace === namespace || isInOtherCluster(snapshot, one)),
    );
    const here = { participant: participant.name, cluster, namespace };
    // Another name of one cluster: what leaves under the first would take with it what comes under the second.
    const isLeaving = kept.some((one) => isElsewhere(snapshot, one, here));
    return isTaken || isLeaving ? [] : [newPlacement(snapshot, settings, here)];
  });
  return [...kept, ...added.slice(0, Math.max(0, placementLimit - kept.length))];
}

/**
 * One wanted place a participant, where it is: a namespace that is mapped otherwise by now moves nothing that runs, and neither does
 * a name that leads to another cluster, which may be a mistake that somebody mends. Places of participants that the spec names no
 * more, or names in another cluster, leave.
 */
function keepWanted(snapshot: JobSnapshot, placements: readonly Placement[]): Placement[] {
  const { job, seats } = snapshot;
  const preferenceOf = (placement: Placement): number =>
    Number(isInOtherCluster(snapshot, placement)) * 2 + Number(isMapped(seats, placement));
  const byPreference = (left: Placement, right: Placement): number => preferenceOf(right) - preferenceOf(left);
  const stays = new Map<string, Placement>();
  for (const placement of placements.filter(isWanted).toSorted(byPreference)) {
    const isNamed = job.spec.participants.some(
      ({ name, cluster }) => name === placement.participant && cluster === placement.cluster,
    );
    const isOwn = placement.jobUid === job.metadata.uid;
    if (isNamed && isOwn && !stays.has(placement.participant)) stays.set(placement.participant, placement);
  }
  return placements.map((placement) => (stays.get(placement.participant) === placement ? placement : leave(placement)));
}

function isWanted({ state }: Placement): boolean {
  return state === "Wanted";
}

function isMapped(seats: readonly SeatObservation[], placement: Placement): boolean {
  return seats.some(
    ({ participant, member }) =>
      participant.name === placement.participant &&
      member.state !== "missing" &&
      member.namespace === placement.namespace,
  );
}

function leave(placement: Placement): Placement {
  return placement.state === "Leaving" ? placement : { ...placement, state: "Leaving" };
}

function byPlace(left: Placement, right: Placement): number {
  const keyOf = ({ participant, cluster, namespace }: Placement): string => `${participant}/${cluster}/${namespace}`;
  return keyOf(left) < keyOf(right) ? -1 : 1;
}
