import { DEFAULT_MIN_ORGANISATIONS, MaskingNeed, maskingProblems, Protocol } from "@tributary/federated";
import type { JsonFields } from "../../shared/config/json-fields.ts";

/** How reports are summed. */
export interface SecureAggregationConfig {
  readonly protocol: Protocol;
  /** Fewest organisations of a sum that is opened. */
  readonly minOrganisations: number;
  /** Shares that open a masked sum; undefined: as many as follow from the seats. */
  readonly threshold: number | undefined;
  /** Whether keys of the next round are exchanged while one is in work. */
  readonly earlyKeys: boolean;
}

/** Sums without masks. */
export const unmasked: SecureAggregationConfig = {
  protocol: Protocol.None,
  minOrganisations: 1,
  threshold: undefined,
  earlyKeys: false,
};

/** The seats as masks ask for them. */
interface SeatsOf {
  readonly organisation: string;
  readonly workers: number;
}

/**
 * Reads `secureAggregation`.
 *
 * @throws CONFIGURATION_INVALID naming the field, its value and what would be right, also where no masked round of these participants could
 *   ever be opened.
 */
export function readSecureAggregation(fields: JsonFields, participants: readonly SeatsOf[]): SecureAggregationConfig {
  const protocol = fields.oneOf("protocol", ["Masking", "None"]);
  // With None a field for masks would mean nothing: what is not read is refused.
  if (protocol === "None") return unmasked;
  const most = participants.reduce((sum, { workers }) => sum + workers, 0);
  const minOrganisations = fields.integer("minOrganisations", { min: 1, max: 256 }, DEFAULT_MIN_ORGANISATIONS);
  const threshold = fields.has("threshold") ? fields.integer("threshold", { min: 3, max: 65_535 }) : undefined;
  const earlyKeys = fields.flag("earlyKeys", true);
  const organisations = new Set(participants.map(({ organisation }) => organisation)).size;
  const [problem] = maskingProblems({ workers: most, organisations, minOrganisations, threshold, quorum: undefined });
  if (problem?.need === MaskingNeed.ThresholdImpossible) throw fields.refuse("threshold", problem.expected);
  if (problem !== undefined) {
    const counted = problem.need === MaskingNeed.TooFewWorkers ? "workers" : "organisations";
    throw fields.refuse("protocol", `None with ${problem.value} ${counted}: Masking needs ${problem.expected}`);
  }
  return { protocol: Protocol.Masking, minOrganisations, threshold, earlyKeys };
}
