import { requireArgument, requireInteger } from "../errors.ts";
import { hypergeometricTail } from "./hypergeometric.ts";

/** What a mask graph must withstand. */
export interface GraphBounds {
  /** Share of parties that may work for the aggregator, 0 to below 1. */
  readonly corruptRatio: number;
  /** Share of parties that may drop out, 0 to below 1. */
  readonly dropRatio: number;
  /** Whether the aggregator may show different survivors to different parties. */
  readonly splitViews: boolean;
}

/** Degree of the mask graph and shares that open a secret in a neighbourhood. */
export interface Neighbourhood {
  /** k, even. */
  readonly neighbours: number;
  /** t, above k / 2. */
  readonly threshold: number;
}

/** Probability that privacy fails anywhere in the graph, at most. */
export const PRIVACY_FAILURE = 2 ** -40;
/** Probability that a party cannot be unmasked anywhere in the graph, at most. */
export const RECOVERY_FAILURE = 2 ** -30;
/** Most parties of a complete graph by default; above, {@link chooseNeighbourhood}. */
export const COMPLETE_GRAPH_PARTIES = 64;

/** floor(2n/3) + 1, and at least 3: with it 2t > n + c for c = floor((n-1)/3) colluding parties. */
export function completeThreshold(parties: number): number {
  return Math.max(3, Math.floor((2 * parties) / 3) + 1);
}

/**
 * True when a random graph of `parties` with this neighbourhood keeps privacy: enough honest holders, and with split views no two
 * disjoint majorities (Bell et al. 2020 §4; bounds n·P[corrupt >= t], n·P[corrupt >= 2t - k], n·P[all corrupt or dropped] < 2^-40).
 *
 * @throws ArgumentError for a ratio outside [0, 1].
 */
export function keepsPrivacy(parties: number, { neighbours, threshold }: Neighbourhood, bounds: GraphBounds): boolean {
  const corrupt = countOf(parties, "corruptRatio", bounds.corruptRatio);
  const lost = Math.min(parties - 1, corrupt + countOf(parties, "dropRatio", bounds.dropRatio));
  const fails = (marked: number, atLeast: number) =>
    parties * hypergeometricTail(parties - 1, marked, neighbours, atLeast) >= PRIVACY_FAILURE;
  if (2 * threshold <= neighbours || threshold > neighbours || neighbours >= parties) return false;
  if (fails(corrupt, threshold) || fails(lost, neighbours)) return false;
  return !bounds.splitViews || !fails(corrupt, 2 * threshold - neighbours);
}

/** True when the expected drop-outs leave every neighbourhood `threshold` survivors but with probability 2^-30; ArgumentError as above. */
export function keepsRecovery(parties: number, { neighbours, threshold }: Neighbourhood, bounds: GraphBounds): boolean {
  const dropped = countOf(parties, "dropRatio", bounds.dropRatio);
  const tail = hypergeometricTail(parties - 1, dropped, neighbours, neighbours - threshold + 1);
  return parties * tail < RECOVERY_FAILURE;
}

/**
 * The smallest even neighbourhood that keeps privacy and recovery, or `null` when none up to `maxNeighbours` does.
 *
 * Neighbours are drawn from the other n - 1 parties, floor(ratio·n) of them corrupt or dropped.
 *
 * @throws ArgumentError for a number of parties or a ratio out of range.
 */
export function chooseNeighbourhood(parties: number, bounds: GraphBounds, maxNeighbours = 500): Neighbourhood | null {
  requireInteger("parties", parties, 3, 1_000_000);
  for (let neighbours = 2; neighbours <= Math.min(maxNeighbours, parties - 1); neighbours += 2) {
    for (let threshold = neighbours / 2 + 1; threshold <= neighbours; threshold++) {
      const candidate = { neighbours, threshold };
      if (!keepsRecovery(parties, candidate, bounds)) break;
      if (keepsPrivacy(parties, candidate, bounds)) return candidate;
    }
  }
  return null;
}

/** The nudge keeps 0.29 * 100 at 29 although the product is 28.999…. */
function countOf(parties: number, argument: string, ratio: number): number {
  requireArgument(ratio >= 0 && ratio <= 1, argument, ratio, ">= 0 and <= 1");
  return Math.floor(parties * ratio + 1e-9);
}
