import { expect, it } from "vitest";
import { isFree, isStuck, nextLookMs } from "./look-again.ts";

it.each([
  { what: "nothing failed", failed: [], went: true, want: { isStuck: false, isFree: true, ms: 5_000 } },
  { what: "nothing was to be done", failed: [], went: false, want: { isStuck: false, isFree: true, ms: 5_000 } },
  { what: "all was refused", failed: ["refused"], went: false, want: { isStuck: true, isFree: false, ms: 2_000 } },
  { what: "some was refused", failed: ["refused"], went: true, want: { isStuck: false, isFree: true, ms: 2_000 } },
  { what: "all passes", failed: ["passing"], went: false, want: { isStuck: false, isFree: false, ms: 2_000 } },
  {
    what: "some was refused and the rest passes",
    failed: ["refused", "passing"],
    went: false,
    want: { isStuck: false, isFree: false, ms: 2_000 },
  },
])("leaves the next look to a back-off only where all is stuck: $what", ({ failed, went, want }) => {
  const headway = {
    isPassing: failed.includes("passing"),
    isRefused: failed.includes("refused"),
    hasProgressed: went,
  };
  expect({ isStuck: isStuck(headway), isFree: isFree(headway), ms: nextLookMs(headway, 5_000) }).toEqual(want);
});
