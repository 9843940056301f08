import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  type CryptoSuite,
  isMasked,
  type MaskKey,
  type ReportLayout,
  type SetupSegment,
  toHex,
} from "@tributary/federated";
import { isStorageError, readFileIfPresent, realDisk, retry, TributaryError } from "@tributary/kit";
import type { CrashSimulator } from "../../shared/crash-point.ts";
import { hasDigest } from "../wire/own-file.ts";
import type { TensorClient } from "../wire/tensor-client.ts";
import type { HeldIntegers } from "./held-integers.ts";
import { type KeptReport, loadReport, saveReport, settleMissed } from "./kept-report.ts";
import { buildReport, type ReportedSegment, type ReportRequest } from "./report-builder.ts";
import { requireModel } from "./require-model.ts";
import { runScript, type ScriptDeps, type ScriptRequest } from "./run-script.ts";
import {
  type Digested,
  digestSink,
  fileSink,
  type MaskingSink,
  maskingSink,
  type SegmentSink,
} from "./segment-sink.ts";
import { volumePaths } from "./volume-paths.ts";

/** What the work of any round needs. */
export interface WorkDeps extends ScriptDeps {
  readonly crypto: CryptoSuite;
  readonly crash: CrashSimulator;
  /** What masks are added to. */
  readonly held: HeldIntegers;
  /** The tensor wire of the present session. */
  readonly tensors: () => TensorClient;
}

/** One attempt at a round whose terms and start hold. */
export interface WorkRequest extends ScriptRequest {
  readonly planDigest: Uint8Array;
  /** Private seed of the round. */
  readonly seed: Uint8Array;
}

/**
 * Does a round's work up to its report: fetches the model, has it evaluated and trained, quantises the update.
 *
 * A report that a former process made for the same plan is used again as it is.
 *
 * @throws what keeps the worker from reporting, with the code that the aggregator is told.
 */
export async function makeReport(deps: WorkDeps, request: WorkRequest): Promise<ReportedSegment[]> {
  const last = await loadReport(deps);
  if (last?.planDigest === toHex(request.planDigest) && (await isWhole(deps, request, last))) return last.segments;
  if (last !== undefined && last.planDigest !== toHex(request.planDigest)) await settleMissed(deps, request, last);
  const segments = await build(deps, request, {
    sinkOf: (segment) => sinkOfReport(deps, request, segment),
    residualOut: (segment) => join(deps.volumeDirectory, volumePaths.pendingResidual(request.planDigest, segment)),
  });
  deps.crash("before-report-durable");
  await saveReport(deps, request, segments);
  deps.crash("after-report-durable");
  return segments;
}

/**
 * Makes a segment's file again, from what the report was made of; beside it, since other uploads may be reading theirs.
 *
 * @throws CHECKSUM_MISMATCH when other bytes come out, which must not be sent; what {@link makeReport} throws.
 */
export async function rebuildSegment(deps: WorkDeps, request: WorkRequest, damaged: ReportedSegment): Promise<void> {
  request.signal.throwIfAborted();
  await makeAgain(deps, request, damaged, (_, path) => fileSink(path, realDisk));
}

/**
 * Masks a segment of the report into the file that is sent: its integers themselves lie on no disk. Where they are not held in memory the
 * update is quantised once more.
 *
 * @returns size and digest of the masked bytes.
 * @throws CHECKSUM_MISMATCH when other integers come out than were promised: two plaintexts under one keystream would tell their difference.
 */
export async function maskSegment(
  deps: WorkDeps,
  request: WorkRequest,
  reported: ReportedSegment,
  keys: readonly MaskKey[],
): Promise<Digested> {
  let sink: MaskingSink | undefined;
  const openSink = async (segment: SetupSegment, path: string) => {
    sink = await maskingSink(path, segment, keys, realDisk);
    return sink;
  };
  if (!(await maskKeptMetrics(deps, request, reported, openSink))) await makeAgain(deps, request, reported, openSink);
  return sink!.masked();
}

type OpenSink = (segment: SetupSegment, path: string) => Promise<SegmentSink>;

/**
 * Masks a segment of metrics from the memory directory, where no disk and no trainer has them: they tell of every update, which would all be
 * quantised once more for them.
 *
 * @returns whether they lay there.
 */
async function maskKeptMetrics(
  deps: WorkDeps,
  request: WorkRequest,
  { segment, sha256 }: ReportedSegment,
  openSink: OpenSink,
): Promise<boolean> {
  const metrics = request.round.layout.metrics.find((one) => one.segment.id === segment);
  if (metrics === undefined) return false;
  const plain = await readFileIfPresent(keptMetricsPath(deps, segment));
  if (plain === undefined || createHash("sha256").update(plain).digest("hex") !== toHex(sha256)) return false;
  const sink = await openSink(metrics.segment, segmentPath(deps, request, segment));
  await sink.write(plain).finally(() => sink.close());
  return true;
}

/** Under masks the integers of an update are written nowhere, and those of metrics to memory alone. */
function sinkOfReport(deps: WorkDeps, request: WorkRequest, { id }: SetupSegment): SegmentSink | Promise<SegmentSink> {
  const { setup, layout } = request.round;
  if (!isMasked(setup)) return fileSink(segmentPath(deps, request, id), realDisk);
  if (layout.metrics.some(({ segment }) => segment.id === id)) return fileSink(keptMetricsPath(deps, id), realDisk);
  return deps.held.hold(request.planDigest, id, digestSink());
}

function keptMetricsPath({ memoryDirectory }: WorkDeps, segment: number): string {
  return join(memoryDirectory, `metrics-${segment}.bin`);
}

/** Makes a segment again beside its file, and puts it there when its integers are those that were promised. */
async function makeAgain(
  deps: WorkDeps,
  request: WorkRequest,
  { segment, sha256 }: ReportedSegment,
  sinkTo: OpenSink,
): Promise<void> {
  request.signal.throwIfAborted();
  const { planDigest } = request;
  const beside = join(deps.volumeDirectory, volumePaths.rebuiltSegment(planDigest, segment));
  try {
    const openSink = (shape: SetupSegment) => sinkTo(shape, beside);
    const made =
      (await pourHeld(deps, request, segment, openSink)) ?? (await buildAlone(deps, request, segment, openSink));
    if (made === undefined || toHex(made.sha256) !== toHex(sha256))
      throw new TributaryError("CHECKSUM_MISMATCH", `segment ${segment} of the report comes out with other bytes`);
    await realDisk.rename(beside, segmentPath(deps, request, segment));
  } finally {
    await realDisk.remove(beside);
  }
}

type OpenSegmentSink = (segment: SetupSegment) => Promise<SegmentSink>;

/** Gives a sink the integers of a segment that are held in memory; `undefined` when they are not. */
async function pourHeld(
  { held }: WorkDeps,
  { planDigest, round }: WorkRequest,
  segment: number,
  openSink: OpenSegmentSink,
): Promise<Digested | undefined> {
  const update = round.layout.updates.find((one) => one.segment.id === segment);
  const pieces = held.take(planDigest, segment);
  if (update === undefined || pieces === undefined) return undefined;
  const sink = await openSink(update.segment);
  try {
    for (const piece of pieces) await sink.write(piece);
    return sink.finish();
  } finally {
    await sink.close();
  }
}

/** Makes the integers of a segment once more. What they leave over was written with the report, and stays. */
async function buildAlone(
  deps: WorkDeps,
  request: WorkRequest,
  segment: number,
  openSink: OpenSegmentSink,
): Promise<Digested | undefined> {
  const sinkOf = (shape: SetupSegment) => (shape.id === segment ? openSink(shape) : digestSink());
  const segments = await build(deps, request, { sinkOf }, segment);
  return segments.find((one) => one.segment === segment);
}

/** Where the file of a segment lies that is sent. */
export function segmentPath(
  { volumeDirectory }: Pick<WorkDeps, "volumeDirectory">,
  { planDigest }: Pick<WorkRequest, "planDigest">,
  segment: number,
): string {
  return join(volumeDirectory, volumePaths.segment(planDigest, segment));
}

/** The files that a report is written to. */
type ReportPlaces = Pick<ReportRequest, "sinkOf" | "residualOut">;

/** Builds a report, or as much of it as one segment takes: metrics tell of every update, an update of no other. */
async function build(
  deps: WorkDeps,
  request: WorkRequest,
  places: ReportPlaces,
  only?: number,
): Promise<ReportedSegment[]> {
  const { round } = request;
  const basePath = await fetchModel(deps, request);
  await requireModel(basePath, round.terms.sections);
  const done = await runScript(deps, request, basePath);
  return buildReport({
    layout: partOf(round.layout, only),
    seats: round.terms.seats.length,
    crypto: deps.crypto,
    seed: request.seed,
    planDigest: request.planDigest,
    basePath,
    trainedPath: done.trainedPath === undefined ? undefined : join(deps.volumeDirectory, done.trainedPath),
    metrics: done.metrics,
    residualPath: (segment) => join(deps.volumeDirectory, volumePaths.residual(segment)),
    ...places,
    signal: request.signal,
    log: deps.log,
  });
}

/** An update alone, or everything that metrics tell of. */
function partOf(layout: ReportLayout, only: number | undefined): ReportLayout {
  const update = layout.updates.find(({ segment }) => segment.id === only);
  return update === undefined ? layout : { updates: [update], metrics: [] };
}

async function fetchModel(deps: WorkDeps, { round: { model }, signal }: WorkRequest): Promise<string> {
  const sha256 = toHex(model.sha256);
  const path = join(deps.volumeDirectory, volumePaths.model(sha256));
  if (await hasDigest(path, sha256)) return path;
  const file = { path: model.resource, sha256, sizeBytes: model.sizeBytes };
  await retry(() => deps.tensors().fetch(file, path, signal), {
    signal,
    isRetriable: (error) =>
      error.code !== "ROUND_NOT_OPEN" && error.code !== "IDENTITY_REJECTED" && !isStorageError(error),
    onRetry: (error, attempt, delayMs) => deps.log.warn({ code: error.code, attempt, delayMs }, error.message),
  });
  return path;
}

/** Under masks no file holds the integers: they are made again when they are masked. */
async function isWhole(deps: WorkDeps, request: WorkRequest, { segments }: KeptReport): Promise<boolean> {
  if (isMasked(request.round.setup)) return true;
  for (const { segment, sha256 } of segments)
    if (!(await hasDigest(segmentPath(deps, request, segment), toHex(sha256)))) return false;
  return true;
}
