import { isSamePlace } from "../../shared/place.ts";
import type { PlacementRecord } from "../plan.ts";
import type { Placement } from "../snapshot.ts";

/**
 * A record without new places in clusters that stopped taking any since they were decided on: a MemberCluster that goes meanwhile did
 * not wait for them, and nobody could confirm later that nothing is there.
 *
 * @param recall gives the places that were on record or found before the decision: they stay.
 */
export function dropLatePlaces(
  record: PlacementRecord,
  recall: () => readonly Placement[],
  takesPlaces: (cluster: string) => boolean,
): PlacementRecord {
  const doubtful = record.placements.filter(({ state, cluster }) => state === "Wanted" && !takesPlaces(cluster));
  if (doubtful.length === 0) return record;
  const known = recall();
  const isSame = (left: Placement, right: Placement) => left.cluster === right.cluster && isSamePlace(left, right);
  const late = doubtful.filter((place) => !known.some((one) => isSame(one, place)));
  return { ...record, placements: record.placements.filter((place) => !late.includes(place)) };
}
