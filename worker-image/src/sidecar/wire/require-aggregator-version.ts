import { TributaryError } from "@tributary/kit";
import { OLDEST_VERSION } from "../../shared/protocol-version.ts";

/**
 * Refuses an aggregator of a version that this worker does not understand any more: what it leaves out of its answers would be taken for something that it changed.
 *
 * @param spoken version that the aggregator says it speaks; 0 of one from before it was said.
 * @throws AGGREGATOR_OUTDATED that says which of the two to upgrade.
 */
export function requireAggregatorVersion(spoken: number): void {
  if (spoken >= OLDEST_VERSION) return;
  const found = spoken === 0 ? "no version of the protocol, hence an older one" : `version ${spoken} of the protocol`;
  throw new TributaryError(
    "AGGREGATOR_OUTDATED",
    `the aggregator speaks ${found}, must be at least ${OLDEST_VERSION} for this worker; upgrade the hub, then suspend and resume the job`,
    { details: { spoken, needed: OLDEST_VERSION } },
  );
}
