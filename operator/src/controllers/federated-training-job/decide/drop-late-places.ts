import type { PlacementRecord } from "../plan.ts";
import type { Placement } from "../snapshot.ts";

/**
 * A record without new places in clusters that stopped taking any since they were decided on: a MemberCluster that goes meanwhile did
 * not wait for them, and nobody could confirm later that nothing is there.
 *
 * @param known places that were on record or found before the decision: they stay.
 */
export function dropLatePlaces(
  record: PlacementRecord,
  known: readonly Placement[],
  takesPlaces: (cluster: string) => boolean,
): PlacementRecord {
  const isKnown = (place: Placement): boolean =>
    known.some(
      ({ participant, cluster, namespace }) =>
        participant === place.participant && cluster === place.cluster && namespace === place.namespace,
    );
  const isLate = (place: Placement): boolean =>
    place.state === "Wanted" && !isKnown(place) && !takesPlaces(place.cluster);
  return record.placements.some(isLate)
    ? { ...record, placements: record.placements.filter((place) => !isLate(place)) }
    : record;
}
