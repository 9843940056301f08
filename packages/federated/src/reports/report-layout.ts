import { codingsInParts, METRIC_RING_BITS, type MetricCoding } from "../encoding/metrics.ts";
import { carryBits } from "../encoding/ring.ts";
import { planSegments, SEGMENT_PARAMETERS } from "../encoding/segment-table.ts";
import { isStep, squaredNormStep } from "../encoding/step.ts";
import { isArgumentError, requireArgument } from "../errors.ts";
import type { RoundPlan } from "../xsa1/plan.ts";
import type { RoundSetup, SetupSegment } from "../xsa1/setup.ts";
import {
  countValues,
  isTensorSection,
  type MetricSection,
  requireSections,
  type Section,
  type TensorSection,
} from "./section.ts";

/** A range of a tensor section's flat vector, summed by itself. */
export interface UpdateSegment {
  /** Name of its section. */
  readonly section: string;
  readonly segment: SetupSegment;
  /** First value of the range. */
  readonly offset: number;
  /** Quantiser step, a power of two. */
  readonly step: number;
}

/** The segment of a metric section. */
export interface MetricSegment {
  /** Name of its section. */
  readonly section: string;
  /** Metrics that it sums, by name. */
  readonly metrics: readonly string[];
  readonly segment: SetupSegment;
  /** Codings of its values, in order. */
  readonly codings: readonly MetricCoding[];
}

/** How every report of a round is laid out: the same for whoever knows its sections, the seats of the job and the round's steps. */
export interface ReportLayout {
  /** In the order of the flat vector; none when the round only evaluates. */
  readonly updates: readonly UpdateSegment[];
  /** In the order of the sections. */
  readonly metrics: readonly MetricSegment[];
}

/** Codings of each value of a metric section: a sum has a part more, so that a small loss of few units is no zero. */
const PARTS = { sum: 3, other: 2 } as const;

/** Id of the first metric section's segment; further ones count down, tensor segments count up from 0. */
const FIRST_METRICS_ID = 0xffff;

/**
 * Step of the second part of metric sums. The third is 2^(31 - ceil(log2 n)) times as fine: 2^-37 for 16 parties, 2^-32 for 300, so
 * that a loss of 0.0004 over one unit opens as what it is. A party's sum is rounded to the third: it is off by half of it at most, and one
 * that is nearer to zero than that half (9.1e-13 for 4 parties, 1.2e-10 for 300) counts as zero. It is not refused: a loss may well get
 * there, and a job whose loss has reached zero is no failure.
 */
const METRIC_SUM_STEP = 2 ** -10;

/** Segments that let sums and uploads overlap. */
const OVERLAPPING_SEGMENTS = 8;

/** A smaller segment costs more messages than it saves time. */
const LEAST_SEGMENT_PARAMETERS = 2 ** 20;

/** Names of the values of metric segments: sums and counts of metrics, and two numbers for each segment of tensors. */
export const metricNames = {
  sum: (metric: string) => `${metric}.sum`,
  count: (metric: string) => `${metric}.count`,
  squaredNorm: (segment: number) => `update.${segment}.squared_norm`,
  saturated: (segment: number) => `update.${segment}.saturated`,
} as const;

/**
 * Lays out the reports of a round.
 *
 * @param seats all seats of the job: the most parties that can enter a sum, so that the layout is the job's.
 * @param steps quantiser step of each tensor segment, in order.
 * @throws ArgumentError for sections that make no report, or another number of steps than there are tensor segments.
 */
export function layoutReport(sections: readonly Section[], seats: number, steps: readonly number[]): ReportLayout {
  requireSections(sections);
  const updates = sections.filter(isTensorSection).flatMap((section) => {
    const parameters = countValues(section);
    const segmentParameters = segmentParametersOf(parameters);
    const { name, valueBits } = section;
    const { segments } = planSegments({ parameters, parties: seats, metrics: [], segmentParameters, valueBits });
    return segments.map((segment) => ({ section: name, ...segment }));
  });
  requireArgument(steps.length === updates.length, "steps", steps, `one for each of ${updates.length} segments`);
  const norms = updates.map(({ values }, index) => ({ step: steps[index]!, values }));
  const metrics = sections.filter((section): section is MetricSection => !isTensorSection(section));
  return {
    updates: updates.map(({ section, offset, values, valueBits, ringBits }, index) => {
      return { section, segment: { id: index, valueCount: values, valueBits, ringBits }, offset, step: steps[index]! };
    }),
    metrics: metrics.map((section, index) => metricSegment(section, FIRST_METRICS_ID - index, seats, norms)),
  };
}

/** Number of segments of a report. */
function countSegments(sections: readonly Section[]): number {
  const counts = sections.map((section) => (isTensorSection(section) ? countUpdateSegments(countValues(section)) : 1));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Number of segments into which tensors of so many values are cut. */
export function countUpdateSegments(parameters: number): number {
  return Math.ceil(parameters / segmentParametersOf(parameters));
}

/** The segments of a round's setup, in the order of the report. */
export function setupSegments({ updates, metrics }: ReportLayout): SetupSegment[] {
  return [...updates, ...metrics].map(({ segment }) => segment);
}

/** Step exponents of a round's plan, in the order of its setup's segments. */
export function planExponents({ updates, metrics }: ReportLayout): number[][] {
  return [
    ...updates.map(({ step }) => [Math.log2(step)]),
    ...metrics.map(({ codings }) => codings.map(({ step }) => Math.log2(step))),
  ];
}

/**
 * The report that a signed setup and plan ask for, when it is the one that follows from sections and seats: the steps of the tensor
 * segments are the plan's, all else must be as {@link layoutReport} has it.
 *
 * @returns `undefined` for any other segment table, or for other steps of metrics.
 */
export function signedLayout(
  sections: readonly Section[],
  seats: number,
  { setup, plan }: { readonly setup: Pick<RoundSetup, "segments">; readonly plan: Pick<RoundPlan, "stepExponents"> },
): ReportLayout | undefined {
  if (countSegments(sections) !== setup.segments.length) return undefined;
  const count = sections.filter(isTensorSection).reduce(addSegments, 0);
  const steps = plan.stepExponents.slice(0, count).map(([exponent = Number.NaN]) => 2 ** exponent);
  if (steps.length !== count || !steps.every(isStep)) return undefined;
  const layout = layoutReport(sections, seats, steps);
  const isSame = isSameTable(setupSegments(layout), setup.segments);
  return isSame && isSameExponents(planExponents(layout), plan.stepExponents) ? layout : undefined;
}

/** Whether a segment table is the one that follows from sections and seats, whatever the steps are; false for sections that make no report. */
export function isTableOf(sections: readonly Section[], seats: number, given: readonly SetupSegment[]): boolean {
  if (countSegments(sections) !== given.length) return false;
  const steps = Array.from({ length: sections.filter(isTensorSection).reduce(addSegments, 0) }, () => 1);
  try {
    return isSameTable(setupSegments(layoutReport(sections, seats, steps)), given);
  } catch (cause) {
    if (!isArgumentError(cause)) throw cause;
    return false;
  }
}

function addSegments(sum: number, section: TensorSection): number {
  return sum + countUpdateSegments(countValues(section));
}

function isSameTable(expected: readonly SetupSegment[], given: readonly SetupSegment[]): boolean {
  const isSame = (a: SetupSegment, b: SetupSegment | undefined) =>
    a.id === b?.id && a.valueCount === b.valueCount && a.valueBits === b.valueBits && a.ringBits === b.ringBits;
  return expected.length === given.length && expected.every((segment, index) => isSame(segment, given[index]));
}

function isSameExponents(expected: readonly (readonly number[])[], given: readonly (readonly number[])[]): boolean {
  const isSame = (a: readonly number[], b: readonly number[] | undefined) =>
    a.length === b?.length && a.every((exponent, index) => exponent === b[index]);
  return expected.length === given.length && expected.every((list, index) => isSame(list, given[index]));
}

/**
 * Parameters of a full tensor segment: a power of two that gives a model of middle size at least {@link OVERLAPPING_SEGMENTS} of
 * them, since one is summed while the next is sent; a small model one, a large one the protocol's default.
 */
function segmentParametersOf(parameters: number): number {
  const wanted = 2 ** Math.floor(Math.log2(parameters / OVERLAPPING_SEGMENTS));
  return Math.min(SEGMENT_PARAMETERS, Math.max(LEAST_SEGMENT_PARAMETERS, wanted));
}

/**
 * Every value in parts: how much one party counts, be it a million held-out tokens, a thousandth of a loss or a norm far above the
 * step, is nobody's to announce and never clamped.
 */
function metricSegment(
  { name: section, metrics, hasNorms }: MetricSection,
  id: number,
  seats: number,
  norms: readonly { readonly step: number; readonly values: number }[],
): MetricSegment {
  const codings = metrics.flatMap((metric) => [
    ...codingsInParts(metricNames.sum(metric), METRIC_SUM_STEP, seats, PARTS.sum),
    ...codingsInParts(metricNames.count(metric), 1, seats, PARTS.other),
  ]);
  for (const [index, { step, values }] of hasNorms ? norms.entries() : []) {
    const normStep = squaredNormStep(step, values);
    codings.push(...codingsInParts(metricNames.squaredNorm(index), normStep, seats, PARTS.other));
    codings.push(...codingsInParts(metricNames.saturated(index), 1, seats, PARTS.other));
  }
  const ringBits = METRIC_RING_BITS;
  const segment = { id, valueCount: codings.length, valueBits: ringBits - carryBits(seats), ringBits };
  return { section, metrics, segment, codings };
}
