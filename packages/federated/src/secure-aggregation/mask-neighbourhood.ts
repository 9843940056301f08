import {
  COMPLETE_GRAPH_PARTIES,
  completeThreshold,
  type GraphBounds,
  keepsPrivacy,
  keepsRecovery,
  type Neighbourhood,
} from "../graph/neighbourhoods.ts";

/** What parties' own policy assumes of a sparse graph by default (`PartyPolicy`): parties that lie, and that drop out. */
const SPARSE_GRAPH_BOUNDS: GraphBounds = { corruptRatio: 0.05, dropRatio: 0.05, splitViews: true };

/**
 * Degree and threshold of a round of so many parties: the complete graph up to 64, whose degree is written as 0; above, the smallest
 * neighbourhood that is still private when as many as may drop out advertise no keys, since all that are corrupt count among those left.
 */
export function maskNeighbourhood(parties: number): Neighbourhood {
  const complete = { neighbours: 0, threshold: completeThreshold(parties) };
  if (parties <= COMPLETE_GRAPH_PARTIES) return complete;
  const left = parties - Math.floor(parties * SPARSE_GRAPH_BOUNDS.dropRatio);
  const corruptRatio = (SPARSE_GRAPH_BOUNDS.corruptRatio * parties) / left;
  for (let neighbours = 2; neighbours < left - 1; neighbours += 2) {
    for (let threshold = neighbours / 2 + 1; threshold <= neighbours; threshold++) {
      const found = { neighbours, threshold };
      if (!keepsRecovery(parties, found, SPARSE_GRAPH_BOUNDS)) break;
      const isPrivate = keepsPrivacy(parties, found, SPARSE_GRAPH_BOUNDS);
      if (isPrivate && keepsPrivacy(left, found, { ...SPARSE_GRAPH_BOUNDS, corruptRatio })) return found;
    }
  }
  return complete;
}
