import { expect, it } from "vitest";
import { OLDEST_VERSION, PROTOCOL_VERSION } from "../../shared/protocol-version.ts";
import { requireAggregatorVersion } from "./require-aggregator-version.ts";

it.each([
  { spoken: 0, says: "speaks no version of the protocol, hence an older one, must be at least" },
  { spoken: OLDEST_VERSION - 1, says: `speaks version ${OLDEST_VERSION - 1} of the protocol, must be at least` },
])("an aggregator of an older version is refused by what to upgrade: $spoken", ({ spoken, says }) => {
  const refused = { code: "AGGREGATOR_OUTDATED", disposition: "permanent" };
  expect(() => requireAggregatorVersion(spoken)).toThrow(expect.objectContaining(refused));
  expect(() => requireAggregatorVersion(spoken)).toThrow(says);
  expect(() => requireAggregatorVersion(spoken)).toThrow("upgrade the hub, then suspend and resume the job");
});

it.each([OLDEST_VERSION, PROTOCOL_VERSION, PROTOCOL_VERSION + 1])(
  "an aggregator of a version that is understood, or a newer one, which judges for itself, is not: %i",
  (spoken) => expect(() => requireAggregatorVersion(spoken)).not.toThrow(),
);
