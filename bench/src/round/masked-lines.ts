import { type BenchLine, type CaseResult, judge, type Provenance } from "../shared/bench-line.ts";
import { aggregatorAtMostBytes, bytesUpAtMost, type MaskedCase, sidecarAtMostBytes } from "./masked-case.ts";
import type { RoundRun } from "./round-case.ts";
import type { ContestantRuns } from "./round-lines.ts";

/** Runs of a masked case. */
export interface MaskedRuns {
  readonly masked: ContestantRuns;
  readonly unmasked: ContestantRuns;
  /** Ours with masks whose keys are exchanged in the round itself. */
  readonly lateKeys: ContestantRuns;
  /** Flower's SecAgg+; absent where it does not take part. */
  readonly peer: ContestantRuns | undefined;
}

/** Keys that were exchanged early may not cost a twentieth of a round. */
const EARLY_KEYS_RATIO = 0.95;

/**
 * Lines of a masked case: time a round beside the peer's, ours without masks and ours whose keys come late, bytes that workers send for a value, peak memory of
 * aggregator and sidecar. Who gave no figures, or of whom nothing is promised there, has no line.
 */
export function maskedLinesOf(size: MaskedCase, runs: MaskedRuns, provenance: Provenance): BenchLine[] {
  const { masked, unmasked, lateKeys } = runs;
  const peer = runs.peer !== undefined && hasFigures(runs.peer) ? runs.peer : undefined;
  const lines: CaseResult[] = [];
  if (peer !== undefined) lines.push(timeOf(size, masked, peer, size.timesPeerAtLeast ?? 1));
  if (hasFigures(unmasked)) lines.push(timeOf(size, masked, unmasked, 1 / (size.timesUnmaskedAtMost ?? Infinity)));
  if (hasFigures(lateKeys)) lines.push(timeOf(size, masked, lateKeys, EARLY_KEYS_RATIO));
  lines.push(bytesUpOf(size, masked, peer));
  lines.push(memoryOf(size, "aggregator", masked, peer, ({ peakBytes }) => peakBytes, aggregatorAtMostBytes));
  lines.push(memoryOf(size, "sidecar", masked, peer, ({ workerPeakBytes = 0 }) => workerPeakBytes, sidecarAtMostBytes));
  return lines.map((line) => judge(line, provenance));
}

function hasFigures({ runs }: ContestantRuns): boolean {
  return runs.some(({ periods }) => periods.length > 0);
}

function timeOf(size: MaskedCase, ours: ContestantRuns, peer: ContestantRuns, ratio: number): CaseResult {
  const periods = ({ runs }: ContestantRuns) => runs.flatMap((run) => run.periods);
  return { ...lineOf(size, "time from round to round", "s", ours, peer, periods), target: { ratio } };
}

function bytesUpOf(size: MaskedCase, ours: ContestantRuns, peer: ContestantRuns | undefined): CaseResult {
  const values = size.workers * size.mib * 2 ** 18;
  const sent = ({ runs }: ContestantRuns) => runs.flatMap((run) => run.bytesUp).map((bytes) => bytes / values);
  return {
    ...lineOf(size, "bytes sent by a worker for a value", "B", ours, peer, sent),
    target: { atMost: bytesUpAtMost(size) },
  };
}

function memoryOf(
  size: MaskedCase,
  whose: string,
  ours: ContestantRuns,
  peer: ContestantRuns | undefined,
  peakOf: (run: RoundRun) => number,
  atMost: number,
): CaseResult {
  const peaks = ({ runs }: ContestantRuns) => runs.map(peakOf);
  return { ...lineOf(size, `peak resident memory of the ${whose}`, "B", ours, peer, peaks), target: { atMost } };
}

function lineOf(
  { mib, workers }: MaskedCase,
  metric: string,
  unit: string,
  ours: ContestantRuns,
  peer: ContestantRuns | undefined,
  figuresOf: (runs: ContestantRuns) => readonly number[],
): Omit<CaseResult, "target"> {
  const peakOf = ({ runs }: ContestantRuns) => Math.max(...runs.map(({ peakBytes }) => peakBytes));
  return {
    case: `${mib} MiB, ${workers} workers, masked`,
    ...{ metric, unit, better: "lower" },
    ours: figuresOf(ours),
    peer: peer === undefined ? null : { name: peer.name, version: peer.version, runs: figuresOf(peer) },
    cpuSeconds: { ours: [], peer: null },
    peakBytes: { ours: peakOf(ours), peer: peer === undefined ? null : peakOf(peer) },
  };
}
