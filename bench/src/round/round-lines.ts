import { type BenchLine, type CaseResult, judge, median, type Provenance } from "../shared/bench-line.ts";
import type { RoundCase, RoundRun } from "./round-case.ts";

/** All runs of one contestant. */
export interface ContestantRuns {
  readonly name: string;
  readonly version: string;
  readonly runs: readonly RoundRun[];
}

const aggregatorAtMostBytes = 0.5 * 2 ** 30;

/**
 * Lines of a case: time a round beside each peer, peak memory of the aggregator and bytes a round. A peer that gave no figures has no
 * line of its own; without any peer one line holds ours alone.
 */
export function linesOf(
  size: RoundCase,
  ours: readonly RoundRun[],
  peers: readonly ContestantRuns[],
  provenance: Provenance,
): BenchLine[] {
  const measured = peers.filter(({ runs }) => runs.some(({ periods }) => periods.length > 0));
  const times = measured.length === 0 ? [timeOf(size, ours, null)] : measured.map((peer) => timeOf(size, ours, peer));
  return [...times, memoryOf(size, ours), bytesOf(size, ours)].map((result) => judge(result, provenance));
}

/** The line's medians for a person; a ratio under 1.3 either way is a tie. */
export function describeLine(line: BenchLine): string {
  const figure = (runs: readonly number[]): string => `${median(runs).toPrecision(3)} ${line.unit} (${runs.length})`;
  const beside = line.peer === null ? "" : `, ${line.peer.name} ${line.peer.version} ${figure(line.peer.runs)}`;
  const verdict = line.ratio === null ? "" : `, ratio ${line.ratio.toFixed(2)}${isTie(line.ratio) ? ": a tie" : ""}`;
  return `${line.case}, ${line.metric}: ours ${figure(line.ours)}${beside}${verdict}; ${line.notMetBecause ?? "target met"}`;
}

function isTie(ratio: number): boolean {
  return ratio < 1.3 && ratio > 1 / 1.3;
}

function nameOf({ mib, workers }: RoundCase): string {
  return `${mib} MiB, ${workers} workers`;
}

function timeOf(size: RoundCase, ours: readonly RoundRun[], peer: ContestantRuns | null): CaseResult {
  return {
    ...costs(ours, peer),
    case: nameOf(size),
    metric: "time from round to round",
    unit: "s",
    better: "lower",
    ours: ours.flatMap(({ periods }) => periods),
    peer: peer && { name: peer.name, version: peer.version, runs: peer.runs.flatMap(({ periods }) => periods) },
    target: { atMost: size.atMostSeconds },
  };
}

function memoryOf(size: RoundCase, ours: readonly RoundRun[]): CaseResult {
  return {
    ...costs(ours, null),
    case: nameOf(size),
    metric: "peak resident memory of the aggregator",
    unit: "B",
    better: "lower",
    ours: ours.map(({ peakBytes }) => peakBytes),
    peer: null,
    target: { atMost: aggregatorAtMostBytes },
  };
}

/** The bound is what every worker costs when the model travels both ways as plain float32, as with the peers. */
function bytesOf(size: RoundCase, ours: readonly RoundRun[]): CaseResult {
  return {
    ...costs(ours, null),
    case: nameOf(size),
    metric: "bytes a round, both ways, all workers",
    unit: "B",
    better: "lower",
    ours: ours.flatMap(({ bytes }) => bytes),
    peer: null,
    target: { atMost: 2 * size.workers * size.mib * 2 ** 20 },
  };
}

function costs(ours: readonly RoundRun[], peer: ContestantRuns | null): Pick<CaseResult, "cpuSeconds" | "peakBytes"> {
  const peakOf = (runs: readonly RoundRun[]): number => Math.max(...runs.map(({ peakBytes }) => peakBytes));
  return {
    cpuSeconds: { ours: [], peer: null },
    peakBytes: { ours: peakOf(ours), peer: peer && peakOf(peer.runs) },
  };
}
