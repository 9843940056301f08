import { TributaryError } from "@tributary/kit";
import { PROTOCOL_VERSION } from "../../shared/protocol-version.ts";

/**
 * Refuses an aggregator of an older version than this worker's: what it leaves out of its answers would be taken for something that it changed.
 *
 * @param spoken version that the aggregator says it speaks; 0 of one from before it was said.
 * @throws AGGREGATOR_OUTDATED that says which of the two to upgrade.
 */
export function requireAggregatorVersion(spoken: number): void {
  if (spoken >= PROTOCOL_VERSION) return;
  const found = spoken === 0 ? "no version of the protocol, hence an older one" : `version ${spoken} of the protocol`;
  throw new TributaryError(
    "AGGREGATOR_OUTDATED",
    `the aggregator speaks ${found}, must be at least ${PROTOCOL_VERSION} as this worker does; upgrade the hub, then suspend and resume the job`,
    { details: { spoken, needed: PROTOCOL_VERSION } },
  );
}
