import { ArgumentError, requireArgument } from "../errors.ts";
import { carryBits, type RingBits } from "./ring.ts";
import { isStep } from "./step.ts";

/** Ring of the metric segment: sums of losses, tokens and norms need more range than updates. */
export const METRIC_RING_BITS: RingBits = 32;

/**
 * One value of the metric segment: a name in the plan and the power-of-two step that its integers count. A name may stand in
 * several neighbouring codings of falling steps; the metric is then the sum of these parts.
 */
export interface MetricCoding {
  readonly name: string;
  readonly step: number;
}

/** The integers of the metric segment, in the order of the plan. */
export interface EncodedMetrics {
  readonly values: Int32Array;
}

/**
 * The codings of a metric in several parts, each 2^(31 - ceil(log2 n)) times as coarse as the next: nobody has to say beforehand how
 * much it will count. In p parts one party's magnitude may reach 2^(p·(31 - ceil(log2 n)) - 1) steps of the last part, where a single
 * value of the ring holds 2^(31 - ceil(log2 n)) - 1.
 *
 * @param step step of the part that is second to the coarsest, a power of two; further parts are finer.
 * @param parts at least two.
 */
export function codingsInParts(name: string, step: number, parties: number, parts = 2): MetricCoding[] {
  const bits = partBits(parties);
  return Array.from({ length: parts }, (_, part) => ({ name, step: step * 2 ** (bits * (1 - part)) }));
}

/**
 * Rounds a party's metrics to integers of their steps, to nearest (halves up).
 *
 * @param metrics one finite number for each name of the codings, no others.
 * @throws ArgumentError naming a metric that is missing, unknown, not finite or too large for n of it to stay in b = 32, a name
 * whose codings stand apart or do not fall, or a bad step.
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
  let remaining = 0;
  const values = Int32Array.from(codings, ({ name, step }, index) => {
    if (codings[index - 1]?.name !== name) remaining = finiteMetric(metrics, name);
    const rounded = Math.floor(remaining / step + 0.5);
    if (Math.abs(rounded) > limit) {
      const bound = `within ±${limit * step}, so that the sum over ${parties} parties fits`;
      throw new ArgumentError(`metrics.${name}`, metrics[name], bound);
    }
    remaining -= rounded * step;
    return rounded;
  });
  return { values };
}

function finiteMetric(metrics: Readonly<Record<string, number>>, name: string): number {
  const value = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  if (value === undefined || !Number.isFinite(value)) throw new ArgumentError(`metrics.${name}`, value, "finite");
  return value;
}

/** Turns the opened sums of the metric segment back into numbers by name; ArgumentError when their count differs. */
export function decodeMetrics(codings: readonly MetricCoding[], sums: Int32Array): Record<string, number> {
  requireMetricCodings(codings);
  requireArgument(sums.length === codings.length, "sums", sums, `${codings.length} values, one for each coding`);
  const values = new Map<string, number>();
  for (const [index, { name, step }] of codings.entries())
    values.set(name, (values.get(name) ?? 0) + sums[index]! * step);
  return Object.fromEntries(values);
}

/** Largest magnitude of one party's value, 2^(31 - ceil(log2 n)) - 1, so that the sum of n stays in the ring. */
export function largestMetric(parties: number): number {
  return 2 ** partBits(parties) - 1;
}

function partBits(parties: number): number {
  return METRIC_RING_BITS - 1 - carryBits(parties);
}

/** Refuses empty names, names whose codings stand apart or do not fall, and steps that are no powers of two; throws ArgumentError. */
export function requireMetricCodings(codings: readonly MetricCoding[]): void {
  const seen = new Set<string>();
  for (const [index, { name, step }] of codings.entries()) {
    const before = codings[index - 1];
    const goesOn = before?.name === name && before.step > step;
    const bound = "a name that appears once, or in neighbouring codings of falling steps";
    requireArgument(name.length > 0 && (goesOn || !seen.has(name)), "metrics", name, bound);
    requireArgument(isStep(step), `metrics.${name}.step`, step, "a power of two from 2^-96 to 2^96");
    seen.add(name);
  }
}
