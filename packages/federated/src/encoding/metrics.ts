import { ArgumentError, requireArgument } from "../errors.ts";
import { carryBits, type RingBits } from "./ring.ts";
import { isStep } from "./step.ts";

/** Ring of the metric segment: sums of losses, tokens and norms need more range than updates. */
export const METRIC_RING_BITS: RingBits = 32;

/** One summed metric: the name in the plan and the power-of-two step that its integers count. */
export interface MetricCoding {
  readonly name: string;
  readonly step: number;
}

/** Integers of the metric segment, in the order of the plan, and the names of those that were clamped. */
export interface EncodedMetrics {
  readonly values: Int32Array;
  readonly saturated: readonly string[];
}

/**
 * Rounds a party's metrics to integers of their steps, to nearest (halves up), clamped so that n of them cannot wrap b = 32.
 *
 * @param metrics one finite number for each coding, no others.
 * @throws ArgumentError naming a metric that is missing, unknown or not finite, a repeated name or a bad step.
 */
export function encodeMetrics(
  codings: readonly MetricCoding[],
  metrics: Readonly<Record<string, number>>,
  parties: number,
): EncodedMetrics {
  requireMetricCodings(codings);
  const known = new Set(codings.map(({ name }) => name));
  for (const name of Object.keys(metrics)) requireArgument(known.has(name), "metrics", name, "a metric of the plan");
  const limit = largestMetric(parties);
  const saturated: string[] = [];
  const values = codings.map(({ name, step }) => {
    const value = Object.hasOwn(metrics, name) ? metrics[name]! : undefined;
    if (value === undefined || !Number.isFinite(value)) throw new ArgumentError(`metrics.${name}`, value, "finite");
    const rounded = Math.floor(value / step + 0.5);
    const clamped = Math.max(-limit, Math.min(limit, rounded));
    if (clamped !== rounded) saturated.push(name);
    return clamped;
  });
  return { values: Int32Array.from(values), saturated };
}

/** Turns the opened sums of the metric segment back into numbers by name; ArgumentError when their count differs. */
export function decodeMetrics(codings: readonly MetricCoding[], sums: Int32Array): Record<string, number> {
  requireMetricCodings(codings);
  requireArgument(sums.length === codings.length, "sums", sums, `${codings.length} values, one for each metric`);
  return Object.fromEntries(codings.map(({ name, step }, i) => [name, sums[i]! * step]));
}

/** Largest magnitude of one party's metric, 2^(31 - ceil(log2 n)) - 1, so that the sum of n stays in the ring. */
export function largestMetric(parties: number): number {
  return 2 ** (METRIC_RING_BITS - 1 - carryBits(parties)) - 1;
}

/** Refuses empty or repeated names and steps that are not powers of two; throws ArgumentError naming the metric. */
export function requireMetricCodings(codings: readonly MetricCoding[]): void {
  const seen = new Set<string>();
  for (const { name, step } of codings) {
    requireArgument(name.length > 0 && !seen.has(name), "metrics", name, "a name that appears once");
    requireArgument(isStep(step), `metrics.${name}.step`, step, "a power of two from 2^-96 to 2^96");
    seen.add(name);
  }
}
