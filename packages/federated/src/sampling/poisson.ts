import { ArgumentError } from "../errors.ts";
import type { RandomBytes } from "./bernoulli.ts";
import { boundPoisson } from "./poisson-bounds.ts";
import { type Rational, requirePositive } from "./rational.ts";
import { type WordSource, wordsOf } from "./word-source.ts";

/** Draws from one Poisson distribution, exactly. */
export interface PoissonSampler {
  /** One sample, from 8 bytes of the stream but with chance below 2^-40. */
  readonly sample: (random: RandomBytes) => number;
  /** One sample from a source of words, which is faster for many. */
  readonly draw: (words: WordSource) => number;
}

/** Largest mean of a Poisson sampler. */
export const MAX_POISSON_MEAN = 2 ** 32;

const LARGEST_TABLE_MEAN = 2n ** 26n;
const PREFIX_BITS = 64;
const FIRST_FRACTION_BITS = 192;
const GUIDE_BITS = 10;

/** Distribution function of the fast path: `floor(2^64 * lower bound)`, as two words. */
interface PrefixTable {
  readonly first: number;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  /** For each value of the leading 10 bits, the first entry that can be above it. */
  readonly guide: Uint32Array;
}

/**
 * Prepares exact sampling of a Poisson distribution by inversion with as many random bits as it takes.
 *
 * 64 bits of the uniform number are compared with a table of the distribution function whose error is known
 * ({@link boundPoisson}). When they lie too near an entry to decide, 64 more bits are drawn and the table is computed
 * more precisely, until they do not. No floating-point number takes part. The table has about 25 entries a standard
 * deviation; larger means are sums of equal parts.
 *
 * Time depends on the sample: this protects against what is published, not against who measures the worker.
 *
 * @param mean A fraction in (0, 2^32].
 * @throws ArgumentError for a mean out of range.
 */
export function createPoissonSampler(mean: Rational): PoissonSampler {
  requirePositive("mean", mean);
  const { numerator, denominator } = mean;
  if (numerator > denominator * BigInt(MAX_POISSON_MEAN)) {
    throw new ArgumentError("mean", `${numerator}/${denominator}`, `<= ${MAX_POISSON_MEAN}`);
  }
  const parts = Number(numerator / (denominator * LARGEST_TABLE_MEAN)) + 1;
  const part = { numerator, denominator: denominator * BigInt(parts) };
  const table = prefixTableOf(part);
  const draw = (words: WordSource) => {
    let total = 0;
    for (let i = 0; i < parts; i++) total += drawByTable(table, part, words);
    return total;
  };
  return { draw, sample: (random) => draw(wordsOf(random, 2)) };
}

function drawByTable(table: PrefixTable, mean: Rational, words: WordSource): number {
  const high = words();
  const low = words();
  const index = firstAbove(table, high, low);
  const isSure = index > 0 ? isTwoAbove(table, index - 1, high, low) : table.first === 0;
  if (isSure && index < table.high.length) return table.first + index;
  return drawByMoreBits((BigInt(high) << 32n) | BigInt(low), mean, words);
}

/** Index of the first entry greater than the prefix, or the length of the table. */
function firstAbove({ high: tableHigh, low: tableLow, guide }: PrefixTable, high: number, low: number): number {
  const bucket = high >>> (32 - GUIDE_BITS);
  let from = guide[bucket]!;
  let to = guide[bucket + 1]!;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const entryHigh = tableHigh[middle]!;
    if (entryHigh > high || (entryHigh === high && tableLow[middle]! > low)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Whether the prefix is so far above an entry that the entry's error, less than 1, cannot matter. */
function isTwoAbove(table: PrefixTable, index: number, high: number, low: number): boolean {
  return (high - table.high[index]!) * 2 ** 32 + (low - table.low[index]!) >= 2;
}

function drawByMoreBits(prefix: bigint, mean: Rational, words: WordSource): number {
  let [bits, bitCount, fractionBits] = [prefix, BigInt(PREFIX_BITS), FIRST_FRACTION_BITS];
  for (;;) {
    bits = (bits << 64n) | (BigInt(words()) << 32n) | BigInt(words());
    bitCount += 64n;
    fractionBits += 3 * 64;
    const { first, cumulative, total, error } = boundPoisson(mean, fractionBits);
    const index = cumulative.findIndex((sum) => (bits + 1n) * (total + error) <= sum << bitCount);
    const isAbovePrevious = index <= 0 || bits * total >= (cumulative[index - 1]! + error) << bitCount;
    const isSure = index > 0 || (index === 0 && first === 0);
    if (isSure && isAbovePrevious) return first + index;
  }
}

function prefixTableOf(mean: Rational): PrefixTable {
  const { first, cumulative, total, error } = boundPoisson(mean, FIRST_FRACTION_BITS);
  const high = new Uint32Array(cumulative.length);
  const low = new Uint32Array(cumulative.length);
  const upper = total + error;
  cumulative.forEach((sum, i) => {
    const prefix = (sum << BigInt(PREFIX_BITS)) / upper;
    high[i] = Number(prefix >> 32n);
    low[i] = Number(prefix & 0xffffffffn);
  });
  return { first, high, low, guide: guideOf(high) };
}

/** `guide[g]` is the first entry whose leading bits are at least g; the last bucket ends at the table's end. */
function guideOf(high: Uint32Array): Uint32Array {
  const guide = new Uint32Array(2 ** GUIDE_BITS + 1);
  let entry = 0;
  for (let bucket = 0; bucket <= 2 ** GUIDE_BITS; bucket++) {
    while (entry < high.length && high[entry]! >>> (32 - GUIDE_BITS) < bucket) entry++;
    guide[bucket] = entry;
  }
  return guide;
}
