import {
  codingsInParts,
  type MetricCoding,
  planSegments,
  type RoundPlan,
  type RoundSetup,
  SEGMENT_PARAMETERS,
  type Segment,
  SegmentKind,
  type SetupSegment,
  squaredNormStep,
} from "@tributary/federated";

/** Metrics that a report can carry, each as a sum and a count; a trainer that reports none of a name counts nothing. */
export const REPORTED_METRICS = ["validation_loss", "training_loss"] as const;
/** One of the names of {@link REPORTED_METRICS}. */
export type ReportedMetric = (typeof REPORTED_METRICS)[number];

/** Codings of each value of the metric segment: a sum has a part more, so that a small loss of few units is no zero. */
const PARTS = { sum: 3, other: 2 } as const;

/** Id of the segment that carries metrics; update segments are numbered from 0. */
export const METRICS_SEGMENT_ID = 0xffff;

/**
 * Step of the second part of metric sums. The third is 2^(31 - ceil(log2 n)) times as fine: 2^-37 for 16 parties, 2^-32 for 300, so
 * that a loss of 0.0004 over one unit opens as what it is. A party's sum is rounded to the third: it is off by half of it at most, and one
 * that is nearer to zero than that half (9.1e-13 for 4 parties, 1.2e-10 for 300) counts as zero. It is not refused: a loss may well get
 * there, and a job whose loss has reached zero is no failure.
 */
const METRIC_SUM_STEP = 2 ** -10;

/** Update segments that let sums and uploads overlap. */
const OVERLAPPING_SEGMENTS = 8;

/** A smaller segment costs more messages than it saves time. */
const LEAST_SEGMENT_PARAMETERS = 2 ** 20;

/** How every report of a round is laid out; aggregator and sidecars make the same from the same numbers. */
export interface ReportLayout {
  readonly updates: readonly Segment[];
  readonly metrics: Segment;
  /** Codings of the metric segment's values, in order. */
  readonly codings: readonly MetricCoding[];
}

/** Names of the values of the metric segment: sums and counts of metrics, then two numbers for each update segment. */
export const metricNames = {
  sum: (metric: string) => `${metric}.sum`,
  count: (metric: string) => `${metric}.count`,
  squaredNorm: (segment: number) => `update.${segment}.squared_norm`,
  saturated: (segment: number) => `update.${segment}.saturated`,
} as const;

/**
 * Lays out the reports of a round.
 *
 * @param parties most parties that can enter a sum: all seats of the job, so that the layout is the job's.
 * @param steps quantiser step of each update segment.
 */
export function layoutReport(parameters: number, parties: number, steps: readonly number[]): ReportLayout {
  const segmentParameters = segmentParametersOf(parameters);
  const shape = planSegments({ parameters, parties, metrics: [], segmentParameters }).segments;
  const codings = codingsOf(shape, steps, parties);
  const { segments } = planSegments({ parameters, parties, metrics: codings, segmentParameters });
  return {
    updates: segments.filter(({ kind }) => kind === SegmentKind.Update),
    metrics: segments.find(({ kind }) => kind === SegmentKind.Metrics)!,
    codings,
  };
}

/** Number of update segments of a model. */
export function countUpdateSegments(parameters: number): number {
  return Math.ceil(parameters / segmentParametersOf(parameters));
}

/**
 * Parameters of a full update segment: a power of two that gives a model of middle size at least {@link OVERLAPPING_SEGMENTS} of
 * them, since one is summed while the next is sent; a small model one, a large one the protocol's default.
 */
function segmentParametersOf(parameters: number): number {
  const wanted = 2 ** Math.floor(Math.log2(parameters / OVERLAPPING_SEGMENTS));
  return Math.min(SEGMENT_PARAMETERS, Math.max(LEAST_SEGMENT_PARAMETERS, wanted));
}

/** The segments of a round's setup: updates and metrics, or metrics alone when the round only evaluates. */
export function setupSegments(layout: ReportLayout, evaluateOnly: boolean): SetupSegment[] {
  const updates = evaluateOnly ? [] : layout.updates.map((segment) => setupSegment(segment.index, segment));
  return [...updates, setupSegment(METRICS_SEGMENT_ID, layout.metrics)];
}

/** Step exponents of a round's plan, in the order of its setup's segments. */
export function planExponents(layout: ReportLayout, steps: readonly number[], evaluateOnly: boolean): number[][] {
  const metrics = layout.codings.map(({ step }) => Math.log2(step));
  return [...(evaluateOnly ? [] : steps.map((step) => [Math.log2(step)])), metrics];
}

/** What a sidecar reads of a setup and plan: steps and codings that the aggregator chose. */
export interface PlannedReport {
  readonly updates: readonly { readonly segment: SetupSegment; readonly offset: number; readonly step: number }[];
  readonly metrics: SetupSegment;
  readonly codings: readonly MetricCoding[];
}

/** The report that a setup and plan ask for; `undefined` when they do not fit this version's layout. */
export function readPlannedReport(setup: RoundSetup, plan: RoundPlan): PlannedReport | undefined {
  const updates: { segment: SetupSegment; offset: number; step: number }[] = [];
  let offset = 0;
  for (const [index, segment] of setup.segments.slice(0, -1).entries()) {
    const exponent = plan.stepExponents[index]?.[0];
    if (segment.id !== index || exponent === undefined) return undefined;
    updates.push({ segment, offset, step: 2 ** exponent });
    offset += segment.valueCount;
  }
  const metrics = setup.segments.at(-1);
  const exponents = plan.stepExponents.at(-1) ?? [];
  const ofMetrics = REPORTED_METRICS.length * (PARTS.sum + PARTS.other);
  const updateCount = (exponents.length - ofMetrics) / (2 * PARTS.other);
  if (metrics?.id !== METRICS_SEGMENT_ID || exponents.length !== metrics.valueCount) return undefined;
  if (!Number.isSafeInteger(updateCount) || updateCount < updates.length) return undefined;
  const names = valuesOf(updateCount).flatMap(({ name, parts }) => Array.from({ length: parts }, () => name));
  const codings = names.map((name, index) => ({ name, step: 2 ** exponents[index]! }));
  return { updates, metrics, codings };
}

function setupSegment(id: number, { values, valueBits, ringBits }: Segment): SetupSegment {
  return { id, valueCount: values, valueBits, ringBits };
}

/**
 * Every value in parts: how much one party counts, be it a million held-out tokens, a thousandth of a loss or a norm far above the
 * step, is nobody's to announce and never clamped.
 */
function codingsOf(updates: readonly Segment[], steps: readonly number[], parties: number): MetricCoding[] {
  const metrics = REPORTED_METRICS.flatMap(() => [METRIC_SUM_STEP, 1]);
  const norms = updates.flatMap((segment, index) => [squaredNormStep(steps[index]!, segment.parameters), 1]);
  const all = [...metrics, ...norms];
  return valuesOf(updates.length).flatMap(({ name, parts }, index) =>
    codingsInParts(name, all[index]!, parties, parts),
  );
}

function valuesOf(updateSegments: number): { readonly name: string; readonly parts: number }[] {
  const metrics = REPORTED_METRICS.flatMap((metric) => [
    { name: metricNames.sum(metric), parts: PARTS.sum },
    { name: metricNames.count(metric), parts: PARTS.other },
  ]);
  const norms = Array.from({ length: updateSegments }, (_, segment) =>
    [metricNames.squaredNorm(segment), metricNames.saturated(segment)].map((name) => ({ name, parts: PARTS.other })),
  );
  return [...metrics, ...norms.flat()];
}
