import { requireArgument, requireInteger } from "../errors.ts";
import { requireDelta, requireEpsilon, requireSteps } from "./bounds.ts";
import { INTEGER_ORDERS, requireOrder } from "./orders.ts";
import { epsilonOfRenyi } from "./renyi-conversion.ts";

/** What is known of a clipped vector before it is rounded to the grid. */
export interface RoundedVector {
  /** L2 clip norm over the grid step, C/D, > 0. */
  readonly clipNormSteps: number;
  /** Coordinates that are rounded together, 1 to 2^40. */
  readonly dimension: number;
  /** Chance beta of the conditional rounding to keep trying, in (0, 1); exp(-1/2) when left out. */
  readonly retryChance?: number;
}

/** Sensitivities of a rounded vector, in grid steps. */
export interface GridSensitivity {
  /** D2: greatest L2 norm. */
  readonly l2: number;
  /** D1: greatest L1 norm. */
  readonly l1: number;
}

/**
 * Greatest norms of a clipped vector after conditional stochastic rounding (Kairouz, Liu and Steinke, ICML 2021,
 * proposition 4.1): rounding is drawn again until `D2² <= min{C² + d/4 + sqrt(2 ln(1/beta)) (C + sqrt(d)/2),
 * (C + sqrt(d))²}` holds with C in grid steps, and `D1 = min(sqrt(d) D2, D2²)` because the entries are integers.
 *
 * These, not the clip norm, are what the noise must cover: at C/D = 100 and 2^20 coordinates a noise of one clip norm
 * costs epsilon 37, not 4.8.
 *
 * @throws ArgumentError for a clip norm, dimension or chance out of range.
 */
export function gridSensitivity({
  clipNormSteps,
  dimension,
  retryChance = Math.exp(-0.5),
}: RoundedVector): GridSensitivity {
  requireArgument(clipNormSteps > 0 && clipNormSteps <= 1e12, "clipNormSteps", clipNormSteps, "> 0 and <= 1e12");
  requireInteger("dimension", dimension, 1, 2 ** 40);
  requireArgument(retryChance > 0 && retryChance < 1, "retryChance", retryChance, "> 0 and < 1");
  const root = Math.sqrt(dimension);
  const likely =
    clipNormSteps ** 2 + dimension / 4 + Math.sqrt(-2 * Math.log(retryChance)) * (clipNormSteps + root / 2);
  const l2 = Math.sqrt(Math.min(likely, (clipNormSteps + root) ** 2));
  return { l2, l1: Math.min(root * l2, l2 * l2) };
}

/**
 * Renyi divergence bound of the Skellam mechanism at integer orders (Agarwal, Kairouz and Liu, NeurIPS 2021, theorem
 * 3.5): `a D2²/(2 mu) + min{((2a - 1) D2² + 6 D1)/(4 mu²), 3 D1/(2 mu)}`.
 *
 * @param sensitivity D2 and D1 in grid steps.
 * @param variance Total variance mu of the noise in the sum, in squared grid steps.
 * @param orders Integers from 2 to 1024; the bound is proven for no others.
 * @throws ArgumentError for a sensitivity or variance not positive and finite, or an order that is no such integer.
 */
export function skellamRenyi(sensitivity: GridSensitivity, variance: number, orders: readonly number[]): Float64Array {
  requireSensitivity(sensitivity);
  requireVariance(variance);
  const { l1, l2 } = sensitivity;
  return Float64Array.from(orders, (order) => {
    requireOrder(order);
    requireInteger("order", order, 2, Number.MAX_SAFE_INTEGER);
    const excess = ((2 * order - 1) * l2 * l2 + 6 * l1) / (4 * variance * variance);
    return (order * l2 * l2) / (2 * variance) + Math.min(excess, (3 * l1) / (2 * variance));
  });
}

/**
 * Epsilon at a delta of `rounds` sums with Skellam noise, every party in every round.
 *
 * @throws ArgumentError for a sensitivity, variance, number of rounds or delta out of range.
 */
export function skellamEpsilon(
  sensitivity: GridSensitivity,
  variance: number,
  rounds: number,
  deltaDp: number,
): number {
  requireSteps(rounds);
  const divergences = skellamRenyi(sensitivity, variance, INTEGER_ORDERS).map((divergence) => divergence * rounds);
  return epsilonOfRenyi(INTEGER_ORDERS, divergences, deltaDp).epsilon;
}

/** What distributed noise must reach. */
export interface SkellamTarget {
  readonly epsilon: number;
  readonly deltaDp: number;
  /** Rounds that are summed, 1 to 1e9. */
  readonly rounds: number;
  readonly sensitivity: GridSensitivity;
  /** Parties whose noise is surely in the sum and unknown to an attacker: least survivors minus assumed colluders. */
  readonly honestParties: number;
}

/** Noise that reaches a {@link SkellamTarget}, in squared grid steps. */
export interface SkellamNoise {
  /** Variance mu of the sum that epsilon is accounted with. */
  readonly totalVariance: number;
  /** Variance that each party adds: the total over the honest parties. Each draws Poisson(half) minus Poisson(half). */
  readonly partyVariance: number;
}

/**
 * Least Skellam noise that stays within epsilon, by bisection to 1e-9 relative, on the safe side.
 *
 * @throws ArgumentError for a target out of range.
 */
export function calibrateSkellam(target: SkellamTarget): SkellamNoise {
  const { epsilon, deltaDp, rounds, sensitivity, honestParties } = target;
  requireEpsilon(epsilon);
  requireDelta(deltaDp);
  requireSteps(rounds);
  requireSensitivity(sensitivity);
  requireInteger("honestParties", honestParties, 1, 2 ** 31);
  const accepts = (variance: number) => skellamEpsilon(sensitivity, variance, rounds, deltaDp) <= epsilon;
  let accepted = sensitivity.l2 ** 2;
  while (!accepts(accepted)) accepted *= 4;
  let rejected = accepted;
  while (accepts(rejected)) rejected /= 4;
  while (accepted / rejected > 1 + 1e-9) {
    const middle = Math.sqrt(accepted * rejected);
    if (accepts(middle)) accepted = middle;
    else rejected = middle;
  }
  return { totalVariance: accepted, partyVariance: accepted / honestParties };
}

/**
 * Bits of a signed ring in which the noised sum does not wrap, 6 standard deviations out: least b with
 * `parties * coordinateBound + 6 sqrt(variance) < 2^(b-1)`. A wrap would cost accuracy, not privacy.
 *
 * @param parties Size of the roster, all of whom may report.
 * @param coordinateBound Greatest |coordinate| of one party after rounding, in grid steps.
 * @param variance Variance of the noise when all parties add theirs, in squared grid steps.
 * @throws ArgumentError for values out of range, or when no ring up to 53 bits holds the sum.
 */
export function ringBitsForNoise(parties: number, coordinateBound: number, variance: number): number {
  requireInteger("parties", parties, 1, 2 ** 31);
  requireArgument(coordinateBound > 0, "coordinateBound", coordinateBound, "> 0");
  requireVariance(variance);
  const reach = parties * coordinateBound + 6 * Math.sqrt(variance);
  requireArgument(reach < 2 ** 52, "parties * coordinateBound + 6 * sqrt(variance)", reach, "below 2^52");
  return Math.floor(Math.log2(reach)) + 2;
}

function requireSensitivity({ l1, l2 }: GridSensitivity): void {
  requireArgument(l2 > 0 && Number.isFinite(l2), "sensitivity.l2", l2, "> 0 and finite");
  requireArgument(l1 > 0 && Number.isFinite(l1), "sensitivity.l1", l1, "> 0 and finite");
}

function requireVariance(variance: number): void {
  requireArgument(variance > 0 && Number.isFinite(variance), "variance", variance, "> 0 and finite");
}
