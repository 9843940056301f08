import { gridSensitivity, type RoundedVector } from "../accounting/skellam.ts";
import { ArgumentError, requireArgument } from "../errors.ts";
import { type RandomBytes, takeBytes } from "./bernoulli.ts";

/** A vector to clip and round under differential privacy. */
export interface RoundingRequest {
  /** Values in the unit of the model; finite. */
  readonly values: Float64Array;
  /** Grid step D, > 0. */
  readonly step: number;
  /** Greatest L2 norm C of the values, in their unit; longer vectors are shortened to it. */
  readonly clipNorm: number;
  /** Chance to keep trying, as in {@link RoundedVector}. */
  readonly retryChance?: number;
}

const MAX_TRIALS = 400;
const LARGEST_EXACT_SQUARE = 2 ** 52;

/**
 * Clips a vector, rounds it to the grid at random without bias, and draws again until its norm is within the D2 that
 * {@link gridSensitivity} accounts with (Kairouz, Liu and Steinke, ICML 2021, section 4.1). The norm is checked on the
 * integers, so the sensitivity holds whatever the floating-point steps before did.
 *
 * @param random 4 bytes a value and trial; about 2.5 trials at most are expected.
 * @returns Grid indices, one a value.
 * @throws ArgumentError for a value that is not finite, a step or norm out of range, or a stream under which 400 trials
 * fail, which a random one does with chance below 1e-80.
 */
export function roundConditionally(request: RoundingRequest, random: RandomBytes): Int32Array {
  const { values, step, clipNorm, retryChance } = request;
  requireArgument(step > 0 && Number.isFinite(step), "step", step, "> 0 and finite");
  requireArgument(clipNorm > 0 && Number.isFinite(clipNorm), "clipNorm", clipNorm, "> 0 and finite");
  const chance = retryChance === undefined ? {} : { retryChance };
  const { l2 } = gridSensitivity({ clipNormSteps: clipNorm / step, dimension: values.length, ...chance });
  const largestSquare = l2 * l2;
  const bound = "so that D2² stays below 2^52";
  requireArgument(largestSquare < LARGEST_EXACT_SQUARE, "clipNorm / step", clipNorm / step, bound);
  const scaled = scaleToGrid(values, step, clipNorm);
  for (let trial = 0; trial < MAX_TRIALS; trial++) {
    const rounded = roundAtRandom(scaled, random);
    if (squareOf(rounded) <= largestSquare) return rounded;
  }
  throw new ArgumentError("random", `a stream that failed ${MAX_TRIALS} trials`, "a cryptographic random stream");
}

function scaleToGrid(values: Float64Array, step: number, clipNorm: number): Float64Array {
  const norm = Math.sqrt(squareOf(values));
  const firstBad = Number.isFinite(norm) ? -1 : values.findIndex((value) => !Number.isFinite(value));
  requireArgument(firstBad < 0, `values[${firstBad}]`, values[firstBad], "finite");
  requireArgument(Number.isFinite(norm), "norm of values", norm, "finite");
  const scale = (norm > clipNorm ? clipNorm / norm : 1) / step;
  return values.map((value) => value * scale);
}

function roundAtRandom(scaled: Float64Array, random: RandomBytes): Int32Array {
  const bytes = takeBytes(random, 4 * scaled.length);
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int32Array.from(scaled, (value, i) => Math.floor(value + words.getUint32(4 * i, true) / 2 ** 32));
}

function squareOf(values: Float64Array | Int32Array): number {
  let square = 0;
  for (let i = 0; i < values.length; i++) square += values[i]! * values[i]!;
  return square;
}
