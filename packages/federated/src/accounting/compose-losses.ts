import { requireArgument } from "../errors.ts";
import { requireSteps } from "./bounds.ts";
import { createFourierTransform } from "./fft.ts";
import type { LossDistribution } from "./privacy-loss.ts";

/** A loss distribution and how often it is used. */
export interface RepeatedLoss {
  readonly losses: LossDistribution;
  /** Independent uses, 1 to 1e9. */
  readonly steps: number;
}

/** Largest transform: 2^20 points take about a third of a second. */
export const MAX_COMPOSED_POINTS = 2 ** 20;

/** The composition needs more grid points than {@link MAX_COMPOSED_POINTS}: choose a larger grid step. */
export interface TooManyPoints {
  readonly kind: "TooManyPoints";
  readonly points: number;
}

/**
 * Distribution of the sum of independent losses, by one Fourier transform a part (Koskela et al., AISTATS 2020).
 *
 * The sum is kept in a window that it leaves with chance at most `tailMass` (Chernoff); mass above counts as infinite
 * loss, mass below only moves up. So the result dominates the exact composition, up to rounding of about 1e-13.
 *
 * @param parts At least one; all on the same grid step.
 * @param tailMass Chance that may leave the window, in (0, 1e-3].
 * @throws ArgumentError for no parts, different grid steps, steps or tailMass out of range.
 */
export function composeLosses(parts: readonly RepeatedLoss[], tailMass: number): LossDistribution | TooManyPoints {
  requireArgument(parts.length > 0, "parts.length", parts.length, ">= 1");
  requireArgument(tailMass > 0 && tailMass <= 1e-3, "tailMass", tailMass, "> 0 and <= 1e-3");
  const gridStep = parts[0]!.losses.gridStep;
  for (const { losses, steps } of parts) {
    requireSteps(steps);
    requireArgument(losses.gridStep === gridStep, "gridStep", losses.gridStep, `${gridStep}, as the first part`);
  }
  const window = windowOf(parts, tailMass);
  const points = window.last - window.first + 1;
  const size = 2 ** Math.ceil(Math.log2(Math.max(points, 2)));
  if (size > MAX_COMPOSED_POINTS) return { kind: "TooManyPoints", points };
  const masses = convolve(parts, window.first, size);
  const finiteChance = parts.reduce((log, { losses, steps }) => log + steps * Math.log1p(-losses.infinityMass), 0);
  return { gridStep, firstIndex: window.first, masses, infinityMass: tailMass - Math.expm1(finiteChance) };
}

/**
 * Circular convolution power of all parts, each turned back by its mean so that phases stay small. The masses are real,
 * so half of the spectrum tells the rest.
 */
function convolve(parts: readonly RepeatedLoss[], firstIndex: number, size: number): Float64Array {
  const transform = createFourierTransform(size);
  const logModulus = new Float64Array(size / 2 + 1);
  const phase = new Float64Array(size / 2 + 1);
  let offset = 0;
  for (const { losses, steps } of parts) {
    const centre = Math.round(meanIndexOf(losses));
    offset += steps * (losses.firstIndex + centre);
    const re = new Float64Array(size);
    const im = new Float64Array(size);
    losses.masses.forEach((mass, i) => {
      const at = modulo(i - centre, size);
      re[at] = re[at]! + mass;
    });
    transform.forward(re, im);
    for (let k = 0; k <= size / 2; k++) {
      logModulus[k] = logModulus[k]! + 0.5 * steps * Math.log(re[k]! * re[k]! + im[k]! * im[k]!);
      phase[k] = phase[k]! + steps * Math.atan2(im[k]!, re[k]!);
    }
  }
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let k = 0; k <= size / 2; k++) {
    const modulus = Math.exp(logModulus[k]!);
    if (modulus === 0) continue;
    re[k] = modulus * Math.cos(phase[k]!);
    im[k] = modulus * Math.sin(phase[k]!);
    if (k === 0) continue;
    re[size - k] = re[k]!;
    im[size - k] = -im[k]!;
  }
  transform.inverse(re, im);
  return Float64Array.from({ length: size }, (_, i) => Math.max(0, re[modulo(firstIndex + i - offset, size)]!));
}

/** Index within `masses` of the mean of the finite losses. */
function meanIndexOf({ masses }: LossDistribution): number {
  let [total, weighted] = [0, 0];
  masses.forEach((mass, i) => {
    total += mass;
    weighted += mass * i;
  });
  return total > 0 ? weighted / total : 0;
}

/** First and last grid index of a window that the sum leaves on either side with chance at most `tailMass / 2`. */
function windowOf(parts: readonly RepeatedLoss[], tailMass: number): { first: number; last: number } {
  const least = parts.reduce((sum, { losses, steps }) => sum + steps * losses.firstIndex, 0);
  const greatest = parts.reduce(
    (sum, { losses, steps }) => sum + steps * (losses.firstIndex + losses.masses.length - 1),
    0,
  );
  const upper = chernoffBound(
    parts.map((part) => ({ ...poolTail(part.losses, 1), steps: part.steps })),
    tailMass / 2,
  );
  const lower = chernoffBound(
    parts.map((part) => ({ ...poolTail(part.losses, -1), steps: part.steps })),
    tailMass / 2,
  );
  return { first: Math.max(least, Math.floor(-lower)), last: Math.min(greatest, Math.ceil(upper)) };
}

interface PooledLoss {
  /** Grid indices times the sign, rounded up where pooled. */
  readonly indices: Float64Array;
  readonly masses: Float64Array;
}

/** The masses with neighbours far from the mean joined at their higher end: what a moment bound needs, but shorter. */
function poolTail(losses: LossDistribution, sign: 1 | -1): PooledLoss {
  const centre = meanIndexOf(losses);
  const indices: number[] = [];
  const masses: number[] = [];
  for (let i = 0; i < losses.masses.length; ) {
    const width = Math.max(1, Math.floor(Math.abs(i - centre) / 1024));
    const end = Math.min(i + width, losses.masses.length);
    let mass = 0;
    for (let j = i; j < end; j++) mass += losses.masses[j]!;
    if (mass > 0) {
      indices.push(sign === 1 ? losses.firstIndex + end - 1 : -(losses.firstIndex + i));
      masses.push(mass);
    }
    i = end;
  }
  return { indices: Float64Array.from(indices), masses: Float64Array.from(masses) };
}

/** Least `(Σ steps ln E[exp(t x)] - ln tail) / t` over t > 0, by golden section over ln t; in grid indices. */
function chernoffBound(parts: readonly (PooledLoss & { readonly steps: number })[], tail: number): number {
  const boundAt = (logT: number) => {
    const t = Math.exp(logT);
    return (parts.reduce((sum, part) => sum + part.steps * logMoment(part, t), 0) - Math.log(tail)) / t;
  };
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(1e-9), Math.log(1e2)];
  let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
  let [leftBound, rightBound] = [boundAt(left), boundAt(right)];
  for (let i = 0; i < 32; i++) {
    if (leftBound <= rightBound) {
      [high, right, rightBound] = [right, left, leftBound];
      left = high - golden * (high - low);
      leftBound = boundAt(left);
    } else {
      [low, left, leftBound] = [left, right, rightBound];
      right = low + golden * (high - low);
      rightBound = boundAt(right);
    }
  }
  return Math.min(leftBound, rightBound);
}

function logMoment({ indices, masses }: PooledLoss, t: number): number {
  const largest = indices.reduce((max, index) => Math.max(max, index * t), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let i = 0; i < masses.length; i++) sum += masses[i]! * Math.exp(indices[i]! * t - largest);
  return largest + Math.log(sum);
}

function modulo(index: number, size: number): number {
  return ((index % size) + size) % size;
}
