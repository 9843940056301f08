import { isRingBits, RING_BITS } from "../../encoding/ring.ts";
import { requireArgument, requireInteger } from "../../errors.ts";
import { isMasked } from "../roster.ts";
import { isAscending, type RoundSetup, type SetupSegment } from "../setup.ts";

/** Most parties that can hold shares of one secret: the points of the 16-bit field. */
const MAX_HOLDERS = 65_535;

/**
 * Refuses a setup that no roster would make a round of, before anything is sent.
 *
 * A roster too small for it is no error: parties come and go, and the round fails with `TooFewParties`. What depends on a member's policy
 * (organisations, corrupt ratio) is left to the parties.
 *
 * @throws ArgumentError naming the field, its value and the bound: roster, threshold, survivors or a segment's widths.
 */
export function requireSetup(setup: RoundSetup): void {
  const { roster, threshold, minSurvivors, neighbours, segments } = setup;
  const ids = roster.map(({ id }) => id);
  const least = isMasked(setup) ? 3 : 1;
  requireArgument(isAscending(ids), "setup.roster", ids, "ascending by id, each once");
  requireInteger("setup.threshold", threshold, least, neighbours === 0 ? MAX_HOLDERS : neighbours);
  requireInteger("setup.minSurvivors", minSurvivors, Math.max(least, threshold), 2 ** 32 - 1);
  requireArgument(segments.length > 0, "setup.segments.length", segments.length, "at least 1");
  const segmentIds = segments.map(({ id }) => id);
  requireArgument(new Set(segmentIds).size === segmentIds.length, "setup.segments", segmentIds, "each id once");
  for (const segment of segments) requireSegment(segment, roster.length);
}

function requireSegment({ id, valueCount, valueBits, ringBits }: SetupSegment, parties: number): void {
  const name = `setup.segments[${id}]`;
  const needed = valueBits + Math.ceil(Math.log2(Math.max(1, parties)));
  requireInteger(`${name}.valueCount`, valueCount, 1, 2 ** 32 - 1);
  requireInteger(`${name}.valueBits`, valueBits, 1, 32);
  requireArgument(isRingBits(ringBits), `${name}.ringBits`, ringBits, `one of ${RING_BITS.join(", ")}`);
  requireArgument(
    ringBits >= needed,
    `${name}.ringBits`,
    ringBits,
    `at least ${needed} for ${valueBits} value bits and ${parties} parties`,
  );
}
