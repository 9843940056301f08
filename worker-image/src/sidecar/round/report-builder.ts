import {
  type CryptoSuite,
  createRingKernels,
  encodeMetrics,
  isArgumentError,
  largestMetric,
  type MetricSegment,
  metricNames,
  packedSizeBytes,
  type ReportLayout,
  requireRingBits,
  type SetupSegment,
  type UpdateSegment,
} from "@tributary/federated";
import { type Disk, isStorageError, isTributaryError, type Logger, realDisk, TributaryError } from "@tributary/kit";
import { type FlatModelFile, openFlatModel } from "../../shared/files/flat-model-file.ts";
import { SCRATCH_VALUES, type Scratch, withScratch } from "../../shared/files/scratch.ts";
import { KernelWork } from "../../shared/kernels/kernel-request.ts";
import { processKernels } from "../../shared/kernels/process-kernels.ts";
import { openResiduals } from "./residual-files.ts";
import type { Digested, SegmentSink } from "./segment-sink.ts";

/** Metrics as sums and counts, by name; one that is not there counts nothing. */
export type MetricTotals = Readonly<Record<string, { readonly sum: number; readonly count: number }>>;

/** What a report is made from. */
export interface ReportRequest {
  readonly layout: ReportLayout;
  /** Seats of the job: the most parties whose reports can be in a sum. */
  readonly seats: number;
  readonly crypto: CryptoSuite;
  /** Private seed of the round. */
  readonly seed: Uint8Array;
  readonly planDigest: Uint8Array;
  /** The model of the round, and what the trainer made of it; the latter is absent when the round only evaluates. */
  readonly basePath: string;
  readonly trainedPath: string | undefined;
  readonly metrics: MetricTotals;
  /** What quantising left over of a segment in earlier rounds, when there is any: float32, in the order of its parameters. */
  readonly residualPath: (segment: number) => string;
  /** Where what this round leaves over of a segment goes; nowhere when it is left out. */
  readonly residualOut?: (segment: number) => string;
  /** What takes the packed integers of a segment. */
  readonly sinkOf: (segment: SetupSegment) => SegmentSink | Promise<SegmentSink>;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** The machine's by default. */
  readonly disk?: Disk;
}

/** A segment of the report: size and digest of its packed integers. */
export interface ReportedSegment extends Digested {
  readonly segment: number;
}

const kernels = createRingKernels();

/**
 * Makes a report: update = trained - base + residual, quantised by the plan's steps with the round's private randomness, packed;
 * then the metrics. In bounded memory, from files to files.
 *
 * @throws REPORT_REFUSED when the trained model has other tensors than the base, TRAINER_LOSS_NOT_FINITE when it holds NaN or infinity.
 */
export async function buildReport(request: ReportRequest): Promise<ReportedSegment[]> {
  const values: Record<string, number> = {};
  const segments: ReportedSegment[] = [];
  if (request.trainedPath !== undefined) segments.push(...(await buildUpdates(request, request.trainedPath, values)));
  for (const segment of request.layout.metrics) segments.push(await buildMetrics(request, segment, values));
  return segments;
}

async function buildUpdates(
  request: ReportRequest,
  trainedPath: string,
  values: Record<string, number>,
): Promise<ReportedSegment[]> {
  const base = await openFlatModel(request.basePath, diskOf(request));
  const trained = await openTrained(trainedPath, base, diskOf(request)).catch(async (error: unknown) => {
    await base.close();
    throw error;
  });
  try {
    requireSameTensors(base, trained);
    requireFloats(trained);
    const segments: ReportedSegment[] = [];
    for (const planned of request.layout.updates) {
      const { segment } = planned;
      const update = { ...planned, request, base, trained };
      const built = await withScratch((scratch) => buildUpdate(update, updateBuffers(scratch)));
      values[metricNames.squaredNorm(segment.id)] = fittingNorm(request, segment.id, built.squaredNorm);
      values[metricNames.saturated(segment.id)] = built.saturated;
      segments.push(built.reported);
    }
    return segments;
  } finally {
    await base.close();
    await trained.close();
  }
}

interface Update extends UpdateSegment {
  readonly request: ReportRequest;
  readonly base: FlatModelFile;
  readonly trained: FlatModelFile;
}

type UpdateBuffers = ReturnType<typeof updateBuffers>;

function updateBuffers(scratch: Scratch) {
  return { x: scratch.floats(), before: scratch.floats(), residual: scratch.floats(), out: scratch.bytes() };
}

async function buildUpdate(update: Update, buffers: UpdateBuffers) {
  const { request, segment, step } = update;
  const roundingKey = request.crypto.hkdfSha256(request.seed, request.planDigest, roundingInfo(segment.id), 32);
  const ringBits = requireRingBits(segment.ringBits);
  const grid = { step, valueBits: segment.valueBits };
  const runKernel = processKernels();
  const paths = { last: request.residualPath(segment.id), next: request.residualOut?.(segment.id) };
  const residuals = await openResiduals(paths, segment.valueCount, request);
  const sink = await request.sinkOf(segment);
  let saturated = 0;
  let squaredNorm = 0;
  try {
    for (let start = 0; start < segment.valueCount; start += SCRATCH_VALUES) {
      request.signal.throwIfAborted();
      const count = Math.min(SCRATCH_VALUES, segment.valueCount - start);
      const x = buffers.x.subarray(0, count);
      await readUpdate(update, update.offset + start, x, buffers.before.subarray(0, count));
      const residual = await residuals.read(start, buffers.residual.subarray(0, count));
      const out = buffers.out.subarray(0, packedSizeBytes(count, ringBits));
      const kind = KernelWork.Encode;
      const totals = encodeFinite(update.offset + start, () =>
        runKernel({ kind, x, grid, ringBits, roundingKey, masks: [], offset: start, out, residual }),
      );
      saturated += totals.saturated;
      squaredNorm += totals.squaredNorm;
      await sink.write(out);
      await residuals.write(start, residual);
    }
    await residuals.finish();
    return { squaredNorm, saturated, reported: { segment: segment.id, ...sink.finish() } };
  } finally {
    await sink.close();
    await residuals.close();
  }
}

/** The kernel refuses NaN and infinity; whoever reads the message should know that the training went wrong, not the report. */
function encodeFinite<T>(offset: number, encode: () => T): T {
  try {
    return encode();
  } catch (cause) {
    if (!isArgumentError(cause)) throw cause;
    const message = `the trained model is not finite near parameter ${offset} (${cause.message}); lower the learning rate or check the data`;
    throw new TributaryError("TRAINER_LOSS_NOT_FINITE", message, { cause });
  }
}

async function readUpdate(
  { base, trained }: Update,
  offset: number,
  x: Float32Array,
  before: Float32Array,
): Promise<void> {
  await base.read(offset, before);
  await trained.read(offset, x);
  for (let index = 0; index < x.length; index++) x[index] = x[index]! - before[index]!;
}

/**
 * A norm beyond what its metric holds says that the step is far too small, and so does the largest that it holds: the next step grows
 * by as much as can be said, and the round is not lost.
 */
function fittingNorm({ layout, seats }: ReportRequest, segment: number, squaredNorm: number): number {
  const codings = layout.metrics.flatMap((metrics) => metrics.codings);
  const coarsest = codings.find(({ name }) => name === metricNames.squaredNorm(segment))?.step ?? 0;
  return Math.min(squaredNorm, largestMetric(seats) * coarsest);
}

async function buildMetrics(
  request: ReportRequest,
  metrics: MetricSegment,
  norms: Readonly<Record<string, number>>,
): Promise<ReportedSegment> {
  const { id, ringBits } = metrics.segment;
  const encoded = encodeFitting(metrics.codings, valuesOf(request, metrics, norms), request.seats);
  const sink = await request.sinkOf(metrics.segment);
  try {
    await sink.write(kernels.pack(encoded, requireRingBits(ringBits)));
    return { segment: id, ...sink.finish() };
  } finally {
    await sink.close();
  }
}

/** One value for each name of the codings: what was not reported counts nothing. */
function valuesOf(
  request: ReportRequest,
  { metrics, codings }: MetricSegment,
  norms: Readonly<Record<string, number>>,
): Record<string, number> {
  const values: Record<string, number> = Object.fromEntries(codings.map(({ name }) => [name, norms[name] ?? 0]));
  for (const metric of metrics) {
    values[metricNames.sum(metric)] = request.metrics[metric]?.sum ?? 0;
    values[metricNames.count(metric)] = request.metrics[metric]?.count ?? 0;
  }
  return values;
}

function encodeFitting(
  codings: MetricSegment["codings"],
  values: Readonly<Record<string, number>>,
  seats: number,
): Int32Array {
  try {
    return encodeMetrics(codings, values, seats).values;
  } catch (cause) {
    if (!isArgumentError(cause)) throw cause;
    throw new TributaryError("REPORT_REFUSED", `the report cannot carry ${cause.message}`, { cause });
  }
}

async function openTrained(path: string, base: FlatModelFile, disk: Disk): Promise<FlatModelFile> {
  try {
    return await openFlatModel(path, disk);
  } catch (cause) {
    if (isStorageError(cause)) throw cause;
    const { tensor, dtype } = isTributaryError(cause) ? cause.details : {};
    if (base.layout.tensors.some(({ name }) => name === tensor)) throw otherType(String(tensor), String(dtype), cause);
    // What is wrong with the file quotes it, and it is the trainer's.
    const message = "the trained model is no safetensors file of floats; the log of the worker's sidecar says why";
    throw new TributaryError("REPORT_REFUSED", message, { cause });
  }
}

/** What a report sums is F32: values of another type were rounded where nobody asked for it. */
function requireFloats({ header }: FlatModelFile): void {
  const other = header.tensors.find(({ dtype }) => dtype !== "F32");
  if (other !== undefined) throw otherType(other.name, other.dtype);
}

function otherType(tensor: string, dtype: string, cause?: unknown): TributaryError {
  const message = `tensor ${tensor} of the trained model is ${dtype}, must be F32: the report sums it`;
  return new TributaryError("REPORT_REFUSED", message, { cause });
}

function requireSameTensors(base: FlatModelFile, trained: FlatModelFile): void {
  const describe = ({ layout }: FlatModelFile) =>
    layout.tensors.map(({ name, shape }) => `${name}[${shape.join(",")}]`);
  const [wanted, found] = [describe(base), describe(trained)];
  const index = wanted.findIndex((tensor, at) => tensor !== found[at]);
  if (index === -1 && found.length === wanted.length) return;
  const at = index === -1 ? wanted.length : index;
  throw new TributaryError(
    "REPORT_REFUSED",
    `the trained model has tensor ${found[at] ?? "none"}, must be ${wanted[at] ?? "none"}`,
  );
}

function roundingInfo(segment: number): Uint8Array {
  return new TextEncoder().encode(`tributary/rounding/${segment}`);
}

function diskOf({ disk }: ReportRequest): Disk {
  return disk ?? realDisk;
}
