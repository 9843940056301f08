import { Protocol } from "@tributary/federated";
import { expect, it } from "vitest";
import { type SecureAggregationConfig, unmasked } from "../../config/secure-aggregation.ts";
import { setupShape } from "./setup-shape.ts";

const masked: SecureAggregationConfig = {
  protocol: Protocol.Masking,
  minOrganisations: 3,
  threshold: undefined,
  earlyKeys: true,
};

it.each([
  ["without masks", unmasked, { seats: 4, parties: 4, quorum: 2 }, [0, 1, 2]],
  ["of all ten", masked, { seats: 10, parties: 10, quorum: 3 }, [0, 7, 7]],
  ["of eight of ten, with the threshold of all", masked, { seats: 10, parties: 8, quorum: 8 }, [0, 7, 8]],
  ["with a threshold of its own", { ...masked, threshold: 9 }, { seats: 10, parties: 10, quorum: 9 }, [0, 9, 9]],
  [
    "of the four whose sum was announced before the job had eight seats",
    masked,
    { seats: 8, parties: 4, quorum: 4, spentThreshold: 3 },
    [0, 3, 4],
  ],
  ["of more than 64, on a sparse graph", masked, { seats: 100, parties: 100, quorum: 67 }, [16, 11, 67]],
] as const)("an attempt %s has its neighbours, threshold and least survivors", (_what, config, crowd, want) => {
  const { neighbours, threshold, minSurvivors } = setupShape(config, crowd);
  expect([neighbours, threshold, minSurvivors]).toEqual(want);
});
