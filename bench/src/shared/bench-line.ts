/** What a case must reach: a ratio of the peer's median to ours, or bounds on our own median. */
export type Target = { readonly ratio: number } | { readonly atLeast: number } | { readonly atMost: number };

/** Raw runs of the peer, interleaved with ours. */
export interface PeerRuns {
  readonly name: string;
  readonly version: string;
  readonly runs: readonly number[];
}

/** Which way is better for a metric. */
export type Better = "lower" | "higher";

/** One finished case, before it is judged. */
export interface CaseResult {
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
  readonly better: Better;
  readonly ours: readonly number[];
  readonly peer: PeerRuns | null;
  readonly target: Target;
  /** Processor seconds of each run: what the case costs when the machine is shared. */
  readonly cpuSeconds: { readonly ours: readonly number[]; readonly peer: readonly number[] | null };
  /** Most memory held by the process of one party, ours and the peer's. */
  readonly peakBytes: { readonly ours: number; readonly peer: number | null };
}

/** Where and from what the figures come. */
export interface Provenance {
  readonly bench: string;
  readonly commit: string;
  readonly machine: string;
}

/** One line of a benchmark's output. */
export interface BenchLine extends Provenance, CaseResult {
  /** Peer's median over ours, or ours over the peer's where higher is better: above 1 we are better, under 1.3 it is a tie. */
  readonly ratio: number | null;
  readonly met: boolean;
  readonly notMetBecause: string | null;
}

/** The middle of the runs; the mean of the two middle ones when their number is even. */
export function median(runs: readonly number[]): number {
  const sorted = [...runs].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Judges a case by the medians of its runs. */
export function judge(result: CaseResult, provenance: Provenance): BenchLine {
  const ours = median(result.ours);
  const ratio = result.peer === null ? null : ratioOf(ours, median(result.peer.runs), result.better);
  const notMetBecause = shortfall(result, ours, ratio);
  return { ...provenance, ...result, ratio, met: notMetBecause === null, notMetBecause };
}

function ratioOf(ours: number, peer: number, better: Better): number {
  return better === "lower" ? peer / ours : ours / peer;
}

function shortfall({ target, unit }: CaseResult, ours: number, ratio: number | null): string | null {
  if ("ratio" in target) {
    if (ratio === null) return "there is no peer to compare with";
    return ratio >= target.ratio ? null : `the median ratio is ${ratio.toFixed(2)}, ${target.ratio} was wanted`;
  }
  if ("atLeast" in target) {
    return ours >= target.atLeast
      ? null
      : `the median is ${ours.toPrecision(4)} ${unit}, at least ${target.atLeast} was wanted`;
  }
  return ours <= target.atMost
    ? null
    : `the median is ${ours.toPrecision(4)} ${unit}, at most ${target.atMost} was wanted`;
}
