import { requireNoiseMultiplier, requireSamplingRate } from "./bounds.ts";
import { requireOrder } from "./orders.ts";

/** Relative allowance for rounding: what is reported is never below the exact value and within 1e-8 of it. */
const ROUNDING_ALLOWANCE = 1e-9;
/** Standard deviations beyond which a Gaussian integrand is left out; exp(-13²/2) is 2e-37. */
const TAIL_DEVIATIONS = 13;
/** Above this exponent a double overflows. */
const OVERFLOW_EXPONENT = 600;

/**
 * Renyi divergences of the Poisson-subsampled Gaussian at several orders, one step, exact at fractional orders too.
 *
 * With w = (density of the step with the record)/(density without) - 1, the divergence is
 * `ln(1 + E[(1 + w)^a - 1 - a w]) / (a - 1)` because E[w] = 0. The expectation is a sum of positive terms: a binomial
 * sum at integer orders (Mironov, Talwar and Zhang, arXiv 1908.10530, equation 3), the trapezoidal rule otherwise,
 * which converges geometrically here. No series with alternating signs, so nothing cancels.
 *
 * @param samplingRate Chance q of each record to be in a step, in (0, 1]. Only for sampling that was really done.
 * @param noiseMultiplier Noise standard deviation over the L2 sensitivity, in [0.05, 1e6].
 * @param orders Orders in (1, 1024].
 * @returns One divergence an order, in nats; never below the exact value, at most 1e-8 relative above.
 * @throws ArgumentError for a rate, multiplier or order out of range.
 */
export function sampledGaussianRenyi(
  samplingRate: number,
  noiseMultiplier: number,
  orders: readonly number[],
): Float64Array {
  requireSamplingRate(samplingRate);
  requireNoiseMultiplier(noiseMultiplier);
  for (const order of orders) requireOrder(order);
  if (samplingRate === 1) {
    return Float64Array.from(orders, (order) => (order / (2 * noiseMultiplier ** 2)) * (1 + ROUNDING_ALLOWANCE));
  }
  const fractional = orders.filter((order) => !Number.isInteger(order));
  const grid = fractional.length > 0 ? gridOf(samplingRate, noiseMultiplier, Math.max(...fractional)) : undefined;
  return Float64Array.from(orders, (order) => {
    const logExcess = Number.isInteger(order)
      ? logExcessBySum(samplingRate, noiseMultiplier, order)
      : logExcessByQuadrature(grid!, order);
    return (logOnePlusExp(logExcess) / (order - 1)) * (1 + ROUNDING_ALLOWANCE);
  });
}

/** `ln Σ_{k>=2} C(a,k) (1-q)^(a-k) q^k (exp(k(k-1)/(2 z²)) - 1)`: k = 0 and 1 add nothing. */
function logExcessBySum(samplingRate: number, noiseMultiplier: number, order: number): number {
  const logKept = Math.log(samplingRate);
  const logLeft = Math.log1p(-samplingRate);
  const terms: number[] = [];
  let logBinomial = Math.log(order);
  for (let k = 2; k <= order; k++) {
    logBinomial += Math.log((order - k + 1) / k);
    const exponent = (k * (k - 1)) / (2 * noiseMultiplier ** 2);
    terms.push(logBinomial + (order - k) * logLeft + k * logKept + logExpm1(exponent));
  }
  return logSumExp(terms);
}

/** Points of the trapezoidal rule over z, the noise in standard deviations, with what every order needs of them. */
interface QuadratureGrid {
  readonly step: number;
  /** `-z²/2` at each point. */
  readonly logWeight: Float64Array;
  /** `ln(1 + w)` at each point. */
  readonly logRatio: Float64Array;
  /** `w` at each point, infinite where it overflows. */
  readonly excess: Float64Array;
}

/**
 * The integrand is analytic for |Im z| < pi * noiseMultiplier, so a step of 0.35 * noiseMultiplier (at most 0.1)
 * leaves an error of about exp(-2 pi * 0.9 * pi / 0.35), far below a double's.
 */
function gridOf(samplingRate: number, noiseMultiplier: number, largestOrder: number): QuadratureGrid {
  const step = Math.min(0.1, 0.35 * noiseMultiplier);
  const count = Math.ceil((2 * TAIL_DEVIATIONS + largestOrder / noiseMultiplier) / step) + 1;
  const logWeight = new Float64Array(count);
  const logRatio = new Float64Array(count);
  const excess = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const z = i * step - TAIL_DEVIATIONS;
    const loss = z / noiseMultiplier - 1 / (2 * noiseMultiplier ** 2);
    logWeight[i] = -0.5 * z * z;
    excess[i] = loss > OVERFLOW_EXPONENT ? Number.POSITIVE_INFINITY : samplingRate * Math.expm1(loss);
    logRatio[i] = loss > OVERFLOW_EXPONENT ? Math.log(samplingRate) + loss : Math.log1p(excess[i]!);
  }
  return { step, logWeight, logRatio, excess };
}

function logExcessByQuadrature(grid: QuadratureGrid, order: number): number {
  const { step, logWeight, logRatio, excess } = grid;
  let scale = 0;
  for (let i = 0; i < logWeight.length; i++) scale = Math.max(scale, order * logRatio[i]! + logWeight[i]!);
  let sum = 0;
  for (let i = 0; i < logWeight.length; i++) {
    const w = excess[i]!;
    if (Math.abs(w) < 0.02) {
      sum += smallConvexPart(order, w) * Math.exp(logWeight[i]! - scale);
    } else {
      sum += Math.exp(order * logRatio[i]! + logWeight[i]! - scale);
      if (w < Number.POSITIVE_INFINITY) sum -= (1 + order * w) * Math.exp(logWeight[i]! - scale);
    }
  }
  return scale + Math.log((sum * step) / Math.sqrt(2 * Math.PI));
}

/** `(1 + w)^a - 1 - a w` by its binomial series, for small w, where the direct form cancels. */
function smallConvexPart(order: number, w: number): number {
  let term = (order * (order - 1) * w * w) / 2;
  let sum = term;
  for (let j = 3; Math.abs(term) > 1e-18 * sum && j < 60; j++) {
    term *= ((order - j + 1) * w) / j;
    sum += term;
  }
  return sum;
}

/** `ln(exp(x) - 1)` for x > 0 without overflow. */
function logExpm1(x: number): number {
  return x > 30 ? x + Math.log1p(-Math.exp(-x)) : Math.log(Math.expm1(x));
}

/** `ln(1 + exp(x))` without overflow. */
function logOnePlusExp(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

function logSumExp(terms: readonly number[]): number {
  const largest = terms.reduce((max, term) => Math.max(max, term), Number.NEGATIVE_INFINITY);
  return largest + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - largest), 0));
}
