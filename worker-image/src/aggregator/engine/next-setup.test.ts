import { expect, it } from "vitest";
import { nextSetup } from "./next-setup.ts";

it.each([
  { given: "the first", last: 0, taken: [0, 0], want: 1 },
  { given: "the next, whatever parties came late", last: 7, taken: [0, 7, 3], want: 8 },
  { given: "above all that a restored volume has forgotten", last: 4, taken: [9, 12], want: 13 },
  { given: "beyond what a party may claim at most", last: 4, taken: [2 ** 31, 4], want: 2 ** 31 + 1 },
  { given: "the next for a claim beyond all reason", last: 4, taken: [2 ** 32 - 1, 3], want: 5 },
  { given: "the next after such numbers were reached", last: 2 ** 31 + 5, taken: [2 ** 31 + 5], want: 2 ** 31 + 6 },
])("$given", ({ last, taken, want }) => {
  expect(nextSetup(last, taken)).toBe(want);
});
