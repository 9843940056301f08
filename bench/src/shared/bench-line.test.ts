import { describe, expect, it } from "vitest";
import { type CaseResult, judge, median } from "./bench-line.ts";

const provenance = { bench: "data-plane", commit: "abc", machine: "two cores" };
const given: CaseResult = {
  case: "mask",
  metric: "time",
  unit: "s",
  better: "lower",
  ours: [1, 3, 2],
  peer: { name: "flwr", version: "1", runs: [16, 10, 30] },
  target: { ratio: 8 },
  cpuSeconds: { ours: [1, 1, 1], peer: [9, 9, 9] },
  peakBytes: { ours: 1, peer: 2 },
};

describe("a bench line", () => {
  it.each([
    { change: {}, ratio: 8, why: null },
    { change: { target: { ratio: 8.1 } }, ratio: 8, why: "the median ratio is 8.00, 8.1 was wanted" },
    { change: { better: "higher" as const, target: { ratio: 0.125 } }, ratio: 0.125, why: null },
    { change: { target: { atMost: 2 } }, ratio: 8, why: null },
    { change: { target: { atMost: 1.9 } }, ratio: 8, why: "the median is 2.000 s, at most 1.9 was wanted" },
    { change: { target: { atLeast: 2.5 } }, ratio: 8, why: "the median is 2.000 s, at least 2.5 was wanted" },
    { change: { peer: null }, ratio: null, why: "there is no peer to compare with" },
    { change: { peer: null, target: { atLeast: 2 } }, ratio: null, why: null },
  ])("judged with $change has ratio $ratio and is met unless: $why", ({ change, ratio, why }) => {
    const line = judge({ ...given, ...change }, provenance);
    expect(line).toMatchObject({ ratio, met: why === null, notMetBecause: why, ...provenance });
  });

  it("takes the middle run, or the mean of the two middle ones", () => {
    expect([median([5]), median([9, 1, 5]), median([1, 2, 3, 10])]).toEqual([5, 5, 2.5]);
  });
});
