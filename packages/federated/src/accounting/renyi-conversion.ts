import { requireArgument } from "../errors.ts";
import { requireDelta } from "./bounds.ts";
import { requireOrder } from "./orders.ts";

/** Epsilon at a delta and the Renyi order that gave it. */
export interface RenyiEpsilon {
  /** Upper bound of epsilon, >= 0. */
  readonly epsilon: number;
  /** Order at which the bound was least. */
  readonly order: number;
}

/**
 * Converts Renyi divergences to epsilon at a delta: the least over the orders of
 * `R(a) + ln(1 - 1/a) - ln(delta a)/(a - 1)` (Canonne, Kamath and Steinke, NeurIPS 2020, proposition 12), and 0 where
 * `delta >= sqrt(1 - exp(-R))` already covers the total variation (Bretagnolle and Huber).
 *
 * @param orders Orders above 1.
 * @param divergences One divergence an order in nats, >= 0; infinite ones are passed over.
 * @throws ArgumentError for delta outside (0, 1), no orders, lists of different lengths, or a negative or NaN divergence.
 */
export function epsilonOfRenyi(
  orders: readonly number[],
  divergences: ArrayLike<number>,
  deltaDp: number,
): RenyiEpsilon {
  requireDelta(deltaDp);
  requireArgument(orders.length > 0, "orders.length", orders.length, ">= 1");
  requireArgument(
    divergences.length === orders.length,
    "divergences.length",
    divergences.length,
    `${orders.length}, as orders`,
  );
  let best: RenyiEpsilon = { epsilon: Number.POSITIVE_INFINITY, order: orders[0]! };
  for (const [i, order] of orders.entries()) {
    requireOrder(order);
    const divergence = divergences[i]!;
    requireArgument(divergence >= 0, `divergences[${i}]`, divergence, ">= 0");
    const epsilon = epsilonAtOrder(order, divergence, deltaDp);
    if (epsilon < best.epsilon) best = { epsilon, order };
  }
  return best;
}

/** What is used several times: its Renyi divergence at each order, and how often it is used. */
export interface RepeatedDivergence {
  readonly divergences: ArrayLike<number>;
  readonly steps: number;
}

/** Epsilon at a delta of independent uses of several mechanisms, whose divergences add; errors as {@link epsilonOfRenyi}. */
export function epsilonOfComposition(
  orders: readonly number[],
  parts: readonly RepeatedDivergence[],
  deltaDp: number,
): number {
  const total = new Float64Array(orders.length);
  for (const { divergences, steps } of parts)
    for (let i = 0; i < total.length; i++) total[i] = total[i]! + steps * divergences[i]!;
  return epsilonOfRenyi(orders, total, deltaDp).epsilon;
}

function epsilonAtOrder(order: number, divergence: number, deltaDp: number): number {
  if (deltaDp * deltaDp + Math.expm1(-divergence) >= 0) return 0;
  const converted = divergence + Math.log1p(-1 / order) - Math.log(deltaDp * order) / (order - 1);
  return Math.max(0, converted);
}
