import { requireArgument, requireInteger } from "../errors.ts";
import { METRIC_RING_BITS, type MetricCoding, requireMetricCodings } from "./metrics.ts";
import {
  carryBits,
  GROUP_VALUES,
  packedSizeBytes,
  type RingBits,
  requireRingHolds,
  smallestRing,
  VALUE_BITS,
} from "./ring.ts";
import { WEIGHT_BITS, Weighting } from "./weight.ts";

/** Parameters of one segment by default: 64 Mi, 160 MiB at b = 20. */
export const SEGMENT_PARAMETERS = 2 ** 26;

/** Bits of one quantised value by default. */
export const DEFAULT_VALUE_BITS = 16;

/** What a segment carries. */
export const SegmentKind = { Update: "Update", Metrics: "Metrics" } as const;

/** One of the values of {@link SegmentKind}. */
export type SegmentKind = (typeof SegmentKind)[keyof typeof SegmentKind];

/** One secure sum of its own: a range of the flat parameter vector and its weight, or the metrics. */
export interface Segment {
  readonly index: number;
  readonly kind: SegmentKind;
  /** First parameter of the range in the flat vector; 0 for metrics. */
  readonly offset: number;
  /** Parameters of the range; 0 for metrics. */
  readonly parameters: number;
  /** Ring elements: parameters, then the weight when there is one; or one for each metric. */
  readonly values: number;
  /** Bits of one party's value, weight bits included. */
  readonly valueBits: number;
  readonly ringBits: RingBits;
  /** Bytes of the packed segment on the wire. */
  readonly sizeBytes: number;
}

/** How a job's reports are laid out; fixed for the job, while steps change by the round. */
export interface SegmentTable {
  readonly weighting: Weighting;
  readonly metrics: readonly MetricCoding[];
  readonly segments: readonly Segment[];
}

/** What {@link planSegments} needs to know. */
export interface SegmentRequest {
  /** Length of the flat parameter vector. */
  readonly parameters: number;
  /** Most parties that can enter one sum. */
  readonly parties: number;
  readonly metrics: readonly MetricCoding[];
  /** Default Uniform. */
  readonly weighting?: Weighting;
  /** Default 16. */
  readonly valueBits?: number;
  /** Default: the narrowest ring that holds the sum. */
  readonly ringBits?: RingBits;
  /** Parameters of a full segment, a multiple of eight; default 64 Mi. */
  readonly segmentParameters?: number;
}

/**
 * Lays out a report: contiguous ranges of the flat vector in order, each with a weight at its end when weighting is by samples,
 * then one metric segment of b = 32 when there are metrics.
 *
 * @throws ArgumentError on sizes out of range, a ring too small for the value bits and parties, or bad metric codings.
 */
export function planSegments(request: SegmentRequest): SegmentTable {
  const weighting = request.weighting ?? Weighting.Uniform;
  const length = request.segmentParameters ?? SEGMENT_PARAMETERS;
  requireInteger("parameters", request.parameters, 1, 2 ** 48);
  requireInteger("segmentParameters", length, GROUP_VALUES, 2 ** 31);
  requireArgument(length % GROUP_VALUES === 0, "segmentParameters", length, `a multiple of ${GROUP_VALUES}`);
  requireMetricCodings(request.metrics);
  const shape = updateShape(request, weighting);
  const segments: Segment[] = [];
  for (let offset = 0; offset < request.parameters; offset += length) {
    const parameters = Math.min(length, request.parameters - offset);
    segments.push(updateSegment(segments.length, offset, parameters, shape));
  }
  if (request.metrics.length > 0) segments.push(metricSegment(segments.length, request));
  return { weighting, metrics: request.metrics, segments };
}

interface UpdateShape {
  readonly weights: 0 | 1;
  readonly valueBits: number;
  readonly ringBits: RingBits;
}

function updateShape(request: SegmentRequest, weighting: Weighting): UpdateShape {
  const valueBits = request.valueBits ?? DEFAULT_VALUE_BITS;
  const weightBits = weighting === Weighting.Samples ? WEIGHT_BITS : 0;
  const load = { valueBits, weightBits, parties: request.parties };
  const ringBits = request.ringBits ?? smallestRing(load);
  requireRingHolds(ringBits, load);
  const most = VALUE_BITS.max - weightBits;
  requireArgument(valueBits <= most, "valueBits", valueBits, `at most ${most} with ${weightBits} weight bits`);
  return { weights: weightBits > 0 ? 1 : 0, valueBits: valueBits + weightBits, ringBits };
}

function updateSegment(index: number, offset: number, parameters: number, shape: UpdateShape): Segment {
  const { valueBits, ringBits } = shape;
  const values = parameters + shape.weights;
  const sizeBytes = packedSizeBytes(values, ringBits);
  return { index, kind: SegmentKind.Update, offset, parameters, values, valueBits, ringBits, sizeBytes };
}

function metricSegment(index: number, request: SegmentRequest): Segment {
  const values = request.metrics.length;
  const ringBits = METRIC_RING_BITS;
  const valueBits = ringBits - carryBits(request.parties);
  const sizeBytes = packedSizeBytes(values, ringBits);
  return { index, kind: SegmentKind.Metrics, offset: 0, parameters: 0, values, valueBits, ringBits, sizeBytes };
}
