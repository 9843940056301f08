import { hasRank } from "@tributary/federated";
import { describe, expect, it } from "vitest";
import { createRoster, type DropStage, MemoryRound } from "./memory-round.ts";
import { aPlan, aSetup, idsOf, plainSum, valuesOf } from "./round-fixtures.ts";
import { createSimulatedSuite } from "./simulated-suite.ts";

const PARTIES = 257;
const segments = [{ id: 7, valueCount: 19, valueBits: 8, ringBits: 20 }];
const drops: Readonly<Record<number, DropStage>> = {
  0: "Advertise",
  40: "MaskedInput",
  100: "ShareBundle",
  200: "Consistency",
  255: "MaskedInput",
  256: "UnmaskAnswer",
};

describe(`a complete graph of ${PARTIES} parties, whose secrets are shared in the 16-bit field`, () => {
  it("opens exactly the sum of the survivors, with drop-outs at every stage", () => {
    const roster = createRoster(createSimulatedSuite("many holders"), idsOf(PARTIES), 3);
    const setup = aSetup(roster, { segments });
    roster.parties.forEach((party, rank) => {
      party.values = valuesOf(setup, rank);
      party.dropAt = drops[rank] ?? null;
    });
    const outcome = new MemoryRound(roster.aggregator, setup, aPlan(roster, setup), roster.parties).run();

    expect(outcome.refusals).toEqual([]);
    const opened = outcome.results![0]!.opened!;
    const survivors = roster.parties.filter((_, rank) => hasRank(opened.bitmap, rank));
    expect(survivors).toHaveLength(PARTIES - 4);
    expect(outcome.sums.get(7)).toEqual(plainSum(survivors, segments[0]!));
  }, 300_000);
});
