import {
  COMPLETE_GRAPH_PARTIES,
  defaultThreshold,
  maskNeighbourhood,
  Protocol,
  type RoundSetup,
} from "@tributary/federated";
import type { SecureAggregationConfig } from "../../config/secure-aggregation.ts";

/** How the sum of an attempt is protected, and what opens it. */
export type SetupShape = Pick<
  RoundSetup,
  "protocol" | "minOrganisations" | "threshold" | "minSurvivors" | "neighbours"
>;

/** Who is in an attempt. */
export interface AttemptCrowd {
  /** Seats of the job. */
  readonly seats: number;
  /** Parties of the roster. */
  readonly parties: number;
  /** Fewest reports with which the round is committed. */
  readonly quorum: number;
  /** Threshold of the spent sum that the attempt repeats; absent where it repeats none. */
  readonly spentThreshold?: number | undefined;
}

/** Without masks one answer opens a sum, of whomever it is. */
const UNMASKED = { protocol: Protocol.None, minOrganisations: 1, threshold: 1, neighbours: 0 } as const;

/**
 * The shape of the next attempt. The threshold of a complete graph follows from the seats, not from who is there: one start has one threshold.
 * So does a sum that was announced keep its own where the job has other seats by then: that of more seats may be above its workers' number.
 */
export function setupShape(
  { protocol, minOrganisations, threshold }: SecureAggregationConfig,
  { seats, parties, quorum, spentThreshold }: AttemptCrowd,
): SetupShape {
  if (protocol === Protocol.None) return { ...UNMASKED, minSurvivors: quorum };
  const graph =
    parties <= COMPLETE_GRAPH_PARTIES
      ? { neighbours: 0, threshold: spentThreshold ?? threshold ?? defaultThreshold(seats) }
      : maskNeighbourhood(parties);
  return { protocol, minOrganisations, ...graph, minSurvivors: Math.max(quorum, graph.threshold) };
}
