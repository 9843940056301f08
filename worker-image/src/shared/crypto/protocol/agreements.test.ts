import type { CryptoSuite } from "@tributary/federated";
import { expect, it } from "vitest";
import { createRoster, MemoryRound } from "./memory-round.ts";
import { aPlan, aSetup, idsOf, twoSegments, valuesOf } from "./round-fixtures.ts";
import { createSeededSuite } from "./seeded-suite.ts";

const PARTIES = 12;

it("a party agrees with a neighbour once to seal shares, once to open them and once a segment to mask; no answer costs more", () => {
  const suite = createSeededSuite("agreements");
  let agreements = 0;
  const secrets = new Set<Uint8Array>();
  const counting: CryptoSuite = {
    ...suite,
    x25519(secretKey, publicKey) {
      agreements++;
      secrets.add(secretKey);
      return suite.x25519(secretKey, publicKey);
    },
  };
  const roster = createRoster(counting, idsOf(PARTIES), 2);
  const setup = aSetup(roster);
  roster.parties.forEach((party, rank) => {
    party.values = valuesOf(setup, rank);
  });
  const outcome = new MemoryRound(roster.aggregator, setup, aPlan(roster, setup), roster.parties).run();
  expect(outcome.sums.size).toBe(twoSegments.length);
  const pairs = PARTIES * (PARTIES - 1);
  expect(agreements).toBe(pairs * (2 + twoSegments.length));
  // One array for each of these steps, whatever the number of neighbours: a suite may keep a key ready by it.
  expect(secrets.size).toBe(PARTIES * (2 + twoSegments.length));
});
