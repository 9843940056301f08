import { type BenchLine, type CaseResult, judge, type Provenance } from "../shared/bench-line.ts";

/** A change may cost five percent of what the checkout before it took. */
const target = { ratio: 1 / 1.05 };

/**
 * One line for each case and metric of two checkouts' runs, all turns together, with the other checkout as peer.
 *
 * @throws when a case or metric of one has no runs of the other: then it is not the same work.
 */
export function compareCheckouts(
  ours: readonly BenchLine[],
  baseline: readonly BenchLine[],
  provenance: Provenance,
): BenchLine[] {
  const groups = groupByMetric(ours);
  const others = groupByMetric(baseline);
  for (const name of new Set([...groups.keys(), ...others.keys()]))
    if (!groups.has(name) || !others.has(name)) throw new Error(`only one checkout has runs of ${name}`);
  return [...groups].map(([name, lines]) => judge(mergeRuns(lines, others.get(name)!), provenance));
}

function groupByMetric(lines: readonly BenchLine[]): Map<string, readonly BenchLine[]> {
  const groups = new Map<string, readonly BenchLine[]>();
  for (const line of lines) {
    const name = JSON.stringify([line.case, line.metric]);
    groups.set(name, [...(groups.get(name) ?? []), line]);
  }
  return groups;
}

function mergeRuns(ours: readonly BenchLine[], baseline: readonly BenchLine[]): CaseResult {
  const { case: name, metric, unit, better } = ours[0]!;
  return {
    ...{ case: name, metric, unit, better, target },
    ours: ours.flatMap((line) => line.ours),
    peer: { name: "checkout", version: baseline[0]!.commit, runs: baseline.flatMap((line) => line.ours) },
    cpuSeconds: { ours: [], peer: null },
    peakBytes: { ours: peakOf(ours), peer: peakOf(baseline) },
  };
}

function peakOf(lines: readonly BenchLine[]): number {
  return Math.max(...lines.map((line) => line.peakBytes.ours));
}
