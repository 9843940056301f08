import { expect, it } from "vitest";
import { nextSetup } from "./next-setup.ts";

const of = (organisation: string, ...claims: number[]) => claims.map((lastSetup) => ({ organisation, lastSetup }));

it.each([
  { given: "the first", last: 0, taken: [...of("a", 0), ...of("b", 0)], want: 1 },
  { given: "the next, whatever parties came late", last: 7, taken: [...of("a", 0, 7), ...of("b", 3)], want: 8 },
  {
    given: "above all that a restored volume has forgotten",
    last: 4,
    taken: [...of("a", 9), ...of("b", 12), ...of("c", 12)],
    want: 13,
  },
  { given: "above the claims of the only organisation", last: 4, taken: of("a", 9, 12), want: 13 },
  {
    given: "not moved by the workers of one organisation that lie",
    last: 4,
    taken: [...of("a", 2 ** 31, 2 ** 31), ...of("b", 4), ...of("c", 3)],
    want: 5,
  },
  { given: "not moved by what is no number of any job", last: 4, taken: of("a", 2 ** 32 - 1, 3), want: 5 },
  {
    given: "above what two organisations took after one had moved it far",
    last: 4,
    taken: [...of("a", 2 ** 31 + 7), ...of("b", 2 ** 31 + 7)],
    want: 2 ** 31 + 8,
  },
  {
    given: "not moved by one organisation where the other claims what nobody is believed",
    last: 4,
    taken: [...of("a", 2 ** 32 - 1), ...of("b", 900)],
    want: 5,
  },
])("$given", ({ last, taken, want }) => {
  expect(nextSetup(last, taken)).toBe(want);
});
