import { type RoundSetup, segmentSizeBytes } from "@tributary/federated";

/** Bytes that a party's segment must have; `undefined` for a segment that a setup lacks. */
export function expectedSizeBytes(setup: RoundSetup, segment: number): number | undefined {
  const entry = setup.segments.find(({ id }) => id === segment);
  return entry === undefined ? undefined : segmentSizeBytes(entry);
}
