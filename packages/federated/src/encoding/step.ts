import { MAX_STEP_EXPONENT } from "@tributary/contracts/fields";
import { requireArgument, requireInteger } from "../errors.ts";
import { VALUE_BITS } from "./ring.ts";

/** The step of round 0, when nothing is known yet about the size of updates. */
export const INITIAL_STEP = 2 ** -20;

/** Smallest and largest step: well inside float32, so that x/step and q·step neither underflow nor overflow for sane x. */
export const STEP_BOUNDS = { min: 2 ** -MAX_STEP_EXPONENT, max: 2 ** MAX_STEP_EXPONENT } as const;

/** Largest step of a squared norm: its coarser part, up to 2^31 times as large, must still be a step. */
const MAX_NORM_STEP = STEP_BOUNDS.max / 2 ** 31;

/** Share of saturated coordinates above which the next step is doubled: 0.01 %. */
export const SATURATION_LIMIT = 1e-4;

/** How many root mean squares the largest value of the next round stands for. */
const HEADROOM = 16;

/**
 * Most that one round changes a step by, either way. A round in which nothing saturates shows no root mean square above 2^(v-1) steps, so
 * that it asks for no more; whoever lies about sizes gets no further.
 */
const LARGEST_CHANGE = HEADROOM;

/** Square of the root mean square, in quantiser steps, that one unit of a squared-norm metric stands for. */
const NORM_UNIT = 256;

/** True for a power of two within {@link STEP_BOUNDS}; such a step divides and multiplies a float32 exactly. */
export function isStep(step: number): boolean {
  if (!(step >= STEP_BOUNDS.min && step <= STEP_BOUNDS.max)) return false;
  return 2 ** Math.round(Math.log2(step)) === step;
}

/** Refuses a step that is not a power of two within {@link STEP_BOUNDS}; throws ArgumentError naming `argument`. */
export function requireStep(step: number, argument = "step"): void {
  requireArgument(isStep(step), argument, step, "a power of two from 2^-96 to 2^96");
}

/** The smallest power of two that is at least `value`; ArgumentError unless value lies between 0 and 2^1023. */
export function nextPowerOfTwo(value: number): number {
  requireArgument(value > 0 && value <= 2 ** 1023, "value", value, "> 0 and <= 2^1023");
  // log2 rounds, so the exponent can be one off to either side; below 2^-1074 there is no power.
  let exponent = Math.max(-1074, Math.floor(Math.log2(value)) - 1);
  while (2 ** exponent < value) exponent += 1;
  return 2 ** exponent;
}

/** What a round opened about one segment, all of it sums over its survivors. */
export interface SegmentSums {
  /**
   * Sum over parties of ‖x_i‖², x_i the unquantised update (or update times weight) of this segment; `null` when what was opened is no sum
   * that parties can have come to.
   */
  readonly squaredNorms: number | null;
  /** Parties in the sum. */
  readonly parties: number;
  /** Values of the segment. */
  readonly values: number;
  /** Coordinates that saturated, summed over the parties. */
  readonly saturated: number;
  /** ‖mean update‖² as it was opened, to which a party adds no more than its own part; 0 when left out. */
  readonly meanSquaredNorm?: number;
}

/** Root mean square of one coordinate of one party, sqrt(Σ‖x_i‖² / (n·d)); ArgumentError on unknown, negative or non-finite sums. */
export function rootMeanSquare(sums: SegmentSums): number {
  const { squaredNorms } = sums;
  requireNorm("squaredNorms", squaredNorms);
  requireCounts(sums);
  return Math.sqrt(squaredNorms / sums.parties / sums.values);
}

/**
 * The step that a round's sums ask for: the next power of two ≥ 16·RMS / 2^(v-1), doubled when more than 0.01 % saturated.
 *
 * Opened sums may be too coarse to show a small norm; a sum of zero therefore divides the step by 16 instead of ending at zero.
 * A doubled step is at least twice the last one, so that repeated saturation always widens the range. Sums that are unknown ask for the
 * last step. None asks for less than what the mean update shows: see {@link leastRootMeanSquare}.
 *
 * @param last step of the round that the sums come from.
 * @throws ArgumentError on a step, value bits or sums out of range.
 */
export function askedStep(last: number, valueBits: number, sums: SegmentSums): number {
  requireStep(last, "last");
  requireInteger("valueBits", valueBits, VALUE_BITS.min, VALUE_BITS.max);
  requireCounts(sums);
  const least = leastRootMeanSquare(last, sums);
  const rms = sums.squaredNorms === null ? least : Math.max(least, rootMeanSquare(sums));
  const shown = rms === 0 ? last / HEADROOM : nextPowerOfTwo((HEADROOM * rms) / 2 ** (valueBits - 1));
  const wanted = sums.squaredNorms === null ? Math.max(last, shown) : shown;
  const saturatedRatio = sums.saturated / sums.parties / sums.values;
  const step = saturatedRatio > SATURATION_LIMIT ? Math.max(2 * wanted, 2 * last) : wanted;
  return Math.min(STEP_BOUNDS.max, Math.max(STEP_BOUNDS.min, step));
}

/**
 * The step of a segment's next round: what {@link askedStep} says, at most 16 times the last step and at least a sixteenth of it. So one
 * round, whatever its parties report, makes the next one's values coarser or narrower by no more than that.
 *
 * @throws ArgumentError as {@link askedStep} does.
 */
export function nextStep(last: number, valueBits: number, sums: SegmentSums): number {
  const asked = askedStep(last, valueBits, sums);
  return Math.min(last * LARGEST_CHANGE, Math.max(last / LARGEST_CHANGE, asked));
}

/**
 * The least root mean square that parties with this mean can have. Each value on the grid is at most one step larger than the update's, so
 * by Minkowski and the inequality of means RMS(mean) ≤ RMS + step: clamped and rounded values included, whatever the norms' sum says.
 */
function leastRootMeanSquare(last: number, { meanSquaredNorm = 0, values }: SegmentSums): number {
  requireNorm("meanSquaredNorm", meanSquaredNorm);
  return Math.max(0, Math.sqrt(meanSquaredNorm / values) - last);
}

function requireNorm(name: string, value: number | null): asserts value is number {
  requireArgument(value !== null && value >= 0 && Number.isFinite(value), name, value, ">= 0 and finite");
}

function requireCounts({ parties, values, saturated }: SegmentSums): void {
  requireInteger("parties", parties, 1, Number.MAX_SAFE_INTEGER);
  requireInteger("values", values, 1, Number.MAX_SAFE_INTEGER);
  requireInteger("saturated", saturated, 0, Number.MAX_SAFE_INTEGER);
}

/**
 * Step of the metric that carries a segment's squared norm: 256·step²·values, rounded up to a power of two.
 *
 * One unit is a root mean square of 16 quantiser steps. For 16 parties the metric then shows root mean squares from 16 to 185,000
 * steps, with the target of {@link askedStep} (2048 at v = 16) in between: a step that is far too small is put right in few rounds.
 *
 * @throws ArgumentError for a step that is none, or fewer than one value.
 */
export function squaredNormStep(step: number, values: number): number {
  requireStep(step);
  requireInteger("values", values, 1, Number.MAX_SAFE_INTEGER);
  const unit = nextPowerOfTwo(NORM_UNIT * step * step * values);
  return Math.min(MAX_NORM_STEP, Math.max(STEP_BOUNDS.min, unit));
}
