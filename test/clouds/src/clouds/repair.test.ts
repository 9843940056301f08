import { describe, expect, it } from "vitest";
import { decideRepair } from "./repair.ts";

describe("decideRepair", () => {
  const running = { alive: true, stopped: false, fingerprint: "wanted" };

  it.each([
    { given: "it runs as wanted", seen: running, want: "keep" },
    { given: "it has ended", seen: { ...running, alive: false }, want: "start" },
    { given: "it never ran", seen: { alive: false, stopped: false, fingerprint: undefined }, want: "start" },
    { given: "it runs with another command line", seen: { ...running, fingerprint: "older" }, want: "replace" },
    { given: "nobody wrote down how it runs", seen: { ...running, fingerprint: undefined }, want: "replace" },
    { given: "it is stopped", seen: { ...running, stopped: true }, want: "resume" },
    {
      given: "it is stopped and out of date",
      seen: { alive: true, stopped: true, fingerprint: "older" },
      want: "replace",
    },
  ])("says $want when $given", ({ seen, want }) => {
    expect(decideRepair("wanted", seen)).toBe(want);
  });
});
