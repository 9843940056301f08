import type { PlacementRecord } from "../plan.ts";
import type { Placement } from "../snapshot.ts";

/**
 * A record without new places in clusters that stopped taking any since they were decided on: a MemberCluster that goes meanwhile did
 * not wait for them, and nobody could confirm later that nothing is there.
 *
 * @param before places that the job's status has: what is there stays.
 */
export function dropLatePlaces(
  record: PlacementRecord,
  before: readonly Placement[],
  takesPlaces: (cluster: string) => boolean,
): PlacementRecord {
  const isKnown = (place: Placement): boolean =>
    before.some(
      ({ participant, cluster, namespace }) =>
        participant === place.participant && cluster === place.cluster && namespace === place.namespace,
    );
  const isLate = (place: Placement): boolean =>
    place.state === "Wanted" && !isKnown(place) && !takesPlaces(place.cluster);
  return record.placements.some(isLate)
    ? { ...record, placements: record.placements.filter((place) => !isLate(place)) }
    : record;
}
