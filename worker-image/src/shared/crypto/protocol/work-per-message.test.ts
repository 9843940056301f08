import { Protocol } from "@tributary/federated";
import { expect, it } from "vitest";
import { createRoster, MemoryRound } from "./memory-round.ts";
import { aPlan, aSetup, idsOf, valuesOf } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

/** Digests that an aggregator may make for one message: some for each party, never some for each pair. */
const DIGESTS_A_PARTY = 4;

it.each([
  { given: "without masks", protocol: Protocol.None, parties: 100 },
  { given: "with masks", protocol: Protocol.Masking, parties: 24 },
])("the aggregator's digests for one message grow with the parties, not with their square: $given", (given) => {
  const { protocol, parties } = given;
  let digests = 0;
  const suite = createSeededSuite(`work ${protocol}`);
  const sha256 = (...parts: Uint8Array[]) => {
    digests++;
    return suite.sha256(...parts);
  };
  const counting = { ...suite, sha256 };
  const roster = createRoster(counting, idsOf(parties), 2);
  const segments = [{ id: 7, valueCount: 19, valueBits: 8, ringBits: 16 }];
  const setup = aSetup(roster, { protocol, segments });
  roster.parties.forEach((party, rank) => {
    party.values = valuesOf(setup, rank);
  });
  const round = new MemoryRound(roster.aggregator, setup, aPlan(roster, setup), roster.parties);
  const tell = round.tell.bind(round);
  let most = 0;
  round.tell = (event) => {
    const before = digests;
    tell(event);
    most = Math.max(most, digests - before);
  };
  const outcome = round.run();
  expect(outcome.sums.size).toBe(setup.segments.length);
  expect(most).toBeGreaterThanOrEqual(parties);
  expect(most).toBeLessThanOrEqual(DIGESTS_A_PARTY * parties);
});
