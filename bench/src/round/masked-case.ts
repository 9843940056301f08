import type { RoundSize } from "./round-case.ts";

/** One size of the benchmark with masks. */
export interface MaskedCase extends RoundSize {
  /** Bound on the median period of ours with masks, as a multiple of that without; absent where nothing is promised. */
  readonly timesUnmaskedAtMost?: number;
  /** How many times as fast as Flower's SecAgg+ it must be; absent where that does not take part. */
  readonly timesPeerAtLeast?: number;
}

/** The sizes of which masked rounds promise figures, and one of many workers, all of which mask with each other. */
export const maskedCases: readonly MaskedCase[] = [
  { mib: 1, workers: 4, timesUnmaskedAtMost: 2, timesPeerAtLeast: 50 },
  { mib: 100, workers: 4, timesUnmaskedAtMost: 1.35, timesPeerAtLeast: 15 },
  { mib: 1, workers: 64 },
];

/** Bytes that a worker may send for a value: those of the ring in which reports of 16 bits are summed, and 4 % beside them. */
export const bytesUpAtMost = ({ workers }: RoundSize): number => (workers <= 16 ? 2.6 : 3.12);
/** Most memory of an aggregator. */
export const aggregatorAtMostBytes = 512 * 2 ** 20;
/** Most memory of a sidecar. */
export const sidecarAtMostBytes = 400 * 2 ** 20;

/** Members among which the workers are dealt: the fewest organisations in which participants are blind for each other. */
const MEMBERS = 3;

/** Workers of each member; the first ones have one more where they do not divide. */
export function dealWorkers(workers: number): number[] {
  return Array.from({ length: MEMBERS }, (_, member) => Math.floor((workers + MEMBERS - 1 - member) / MEMBERS));
}

/**
 * The cases that arguments ask for: those of few workers when neither is given, as many need as much memory as few machines have.
 *
 * @throws when only one is given, or no case has the pair.
 */
export function selectMaskedCases(mib: string | undefined, workers: string | undefined): readonly MaskedCase[] {
  if (mib === undefined && workers === undefined)
    return maskedCases.filter((one) => one.timesPeerAtLeast !== undefined);
  const found = maskedCases.filter((one) => String(one.mib) === mib && String(one.workers) === workers);
  if (found.length > 0) return found;
  const known = maskedCases.map((one) => `--mib ${one.mib} --workers ${one.workers}`).join(" or ");
  throw new Error(`no masked case --mib ${mib} --workers ${workers}: want ${known}`);
}
