import { describe, expect, it } from "vitest";
import { checkGraphOfMembers } from "../xsa1/party/check-setup.ts";
import type { RoundSetup } from "../xsa1/setup.ts";
import { maskNeighbourhood } from "./mask-neighbourhood.ts";

const policy = { allowUnmasked: false, minOrganisations: 2, corruptRatio: 0.05, dropRatio: 0.05 };

describe("the neighbourhood of a masked round", () => {
  it("is everybody up to 64 parties", () => {
    expect([3, 10, 64].map(maskNeighbourhood)).toEqual([
      { neighbours: 0, threshold: 3 },
      { neighbours: 0, threshold: 7 },
      { neighbours: 0, threshold: 43 },
    ]);
  });

  it("is taken by every party above, also when the fewest that are foreseen have advertised keys", () => {
    for (const parties of [65, 66, 70, 99, 100, 150, 256, 1000]) {
      const found = maskNeighbourhood(parties);
      const setup = { ...found, roster: Array.from({ length: parties }) } as unknown as RoundSetup;
      expect(found.neighbours).toBeGreaterThan(0);
      for (const members of [parties, Math.ceil(parties * 0.95)])
        expect([parties, members, checkGraphOfMembers(setup, members, policy)]).toEqual([parties, members, null]);
    }
  });

  it("grows far slower than the number of parties", () => {
    expect(maskNeighbourhood(10_000).neighbours).toBeLessThan(100);
  });
});
