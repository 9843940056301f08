import { expect, it } from "vitest";
import type { RoundSetup } from "../setup.ts";
import { checkGraphOfMembers } from "./check-setup.ts";

const policy = { allowUnmasked: false, minOrganisations: 2, corruptRatio: 0.05, dropRatio: 0.05 };

it.each([
  { given: "the whole roster", members: 100, neighbours: 16, threshold: 11, want: null },
  { given: "a few missing", members: 96, neighbours: 16, threshold: 11, want: null },
  {
    given: "so few members that all corrupt ones weigh more",
    members: 40,
    neighbours: 16,
    threshold: 10,
    want: "GraphTooSparse",
  },
  {
    given: "so few members that everybody is a neighbour",
    members: 17,
    neighbours: 16,
    threshold: 11,
    want: "GraphTooSparse",
  },
  {
    given: "everybody a neighbour and the threshold of a complete graph",
    members: 17,
    neighbours: 16,
    threshold: 12,
    want: null,
  },
  { given: "a graph that was complete from the start", members: 5, neighbours: 0, threshold: 67, want: null },
])("a key list with $given: $want", ({ members, neighbours, threshold, want }) => {
  const setup = { neighbours, threshold, roster: { length: 100 } } as RoundSetup;
  expect(checkGraphOfMembers(setup, members, policy)?.reason ?? null).toBe(want);
});
