import { expect, it } from "vitest";
import type { BenchLine } from "../shared/bench-line.ts";
import { compareCheckouts } from "./compare-checkouts.ts";

const provenance = { bench: "round-checkouts", commit: "new", machine: "two cores" };

it("puts the turns of two checkouts together and allows five percent more", () => {
  const baseline = [aLine("time", [1, 1.2], "old"), aLine("memory", [100], "old"), aLine("time", [1.1], "old")];
  const same = compareCheckouts(
    [aLine("time", [1.14, 1.16]), aLine("time", [1.15]), aLine("memory", [106])],
    baseline,
    provenance,
  );
  expect(same.map(({ metric, ours, peer, met }) => ({ metric, ours, peer, met }))).toEqual([
    {
      metric: "time",
      ours: [1.14, 1.16, 1.15],
      peer: { name: "checkout", version: "old", runs: [1, 1.2, 1.1] },
      met: true,
    },
    { metric: "memory", ours: [106], peer: { name: "checkout", version: "old", runs: [100] }, met: false },
  ]);
  expect(same[0]).toMatchObject(provenance);
});

it("refuses runs that are not of the same work", () => {
  expect(() => compareCheckouts([aLine("time", [1])], [aLine("memory", [1], "old")], provenance)).toThrow(
    "only one checkout has runs of",
  );
});

function aLine(metric: string, ours: readonly number[], commit = "new"): BenchLine {
  return {
    ...{
      bench: "round",
      commit,
      machine: "two cores",
      case: "1 MiB, 2 workers",
      metric,
      unit: "s",
      better: "lower",
      ours,
    },
    ...{ peer: null, target: { atMost: 1 }, cpuSeconds: { ours: [], peer: null }, peakBytes: { ours: 1, peer: null } },
    ...{ ratio: null, met: true, notMetBecause: null },
  };
}
