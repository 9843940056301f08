/** Model and workers of a round. */
export interface RoundSize {
  /** Size of the float32 model. */
  readonly mib: number;
  /** Clients, sites or worker pods. */
  readonly workers: number;
}

/** One size of the benchmark without masks. */
export interface RoundCase extends RoundSize {
  /** Bound on the median period of ours. */
  readonly atMostSeconds: number;
}

/** The sizes that the project promises figures for. */
export const roundCases: readonly RoundCase[] = [
  { mib: 1, workers: 2, atMostSeconds: 0.3 },
  { mib: 100, workers: 4, atMostSeconds: 6 },
];

/** What one run of a few rounds gave. */
export interface RoundRun {
  /** Seconds from round to round, the first ones left out. */
  readonly periods: readonly number[];
  /** Seconds of each round from its start to its commit, where that is known. */
  readonly inside?: readonly number[];
  /** Most memory that the aggregating process held; the largest one where there are several. */
  readonly peakBytes: number;
  /** Most memory that a worker's process beside the trainer held; the largest one. Absent where nobody looked. */
  readonly workerPeakBytes?: number;
  /** Bytes of each round both ways, all workers; empty where they are not counted. */
  readonly bytes: readonly number[];
  /** Of these, what workers sent. */
  readonly bytesUp: readonly number[];
}

/** Something that runs rounds: ours or a peer. */
export interface RoundContestant {
  readonly name: string;
  readonly version: string;
  run(size: RoundSize): Promise<RoundRun>;
}

/**
 * The cases that arguments ask for: all when neither is given.
 *
 * @throws when only one is given, or no target is known for the pair.
 */
export function selectCases(mib: string | undefined, workers: string | undefined): readonly RoundCase[] {
  if (mib === undefined && workers === undefined) return roundCases;
  const found = roundCases.filter((one) => String(one.mib) === mib && String(one.workers) === workers);
  if (found.length > 0) return found;
  const known = roundCases.map((one) => `--mib ${one.mib} --workers ${one.workers}`).join(" or ");
  throw new Error(`no case --mib ${mib} --workers ${workers}: want ${known}`);
}
