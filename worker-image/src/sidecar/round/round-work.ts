import { createHash } from "node:crypto";
import { join } from "node:path";
import { type partyV1, trainerV1 } from "@tributary/contracts";
import type { CryptoSuite, RoundPlan, RoundSetup } from "@tributary/federated";
import {
  catalogue,
  isErrorCode,
  isStorageError,
  type Logger,
  readFileIfPresent,
  realDisk,
  retellStorageError,
  retry,
  TributaryError,
  writeFileDurably,
} from "@tributary/kit";
import type { CrashSimulator } from "../../shared/crash-point.ts";
import { openFlatModel } from "../../shared/files/flat-model-file.ts";
import type { PlannedReport } from "../../shared/report/report-layout.ts";
import type { TaskOutcome, TrainerDesk, TrainerTask } from "../trainer/trainer-desk.ts";
import { hasDigest } from "../wire/own-file.ts";
import type { TensorClient } from "../wire/tensor-client.ts";
import { buildReport, type MetricTotals, type ReportedSegment, type ReportRequest } from "./report-builder.ts";
import { type JobContext, requireCovers, requireSigned } from "./require-signed.ts";
import { forgetLeftOver, keepLeftOver } from "./settle-residuals.ts";
import { joinMetrics, metricTotals } from "./task-metrics.ts";
import { volumePaths } from "./volume-paths.ts";

/** What the work of any round needs. */
export interface WorkDeps {
  readonly desk: TrainerDesk;
  readonly crypto: CryptoSuite;
  readonly log: Logger;
  readonly crash: CrashSimulator;
  readonly volumeDirectory: string;
  readonly memoryDirectory: string;
  /** The job as the aggregator told it: every round's signed setup must mean the same. */
  readonly job: JobContext;
  /** The tensor wire of the present session. */
  readonly tensors: () => TensorClient;
}

/** One attempt at a round, as the aggregator opened it. */
export interface WorkRequest {
  readonly setup: RoundSetup;
  readonly plan: RoundPlan;
  readonly planDigest: Uint8Array;
  readonly seed: Uint8Array;
  readonly opened: partyV1.RoundOpened;
  /** When reports are of no use any more, on this process's monotonic clock. */
  readonly expiresMs: number;
  readonly signal: AbortSignal;
}

/** What a round asks of a trainer, as it was signed. */
interface WorkOfRound {
  readonly round: number;
  readonly modelSha256: string;
  /** Digest of all else that the round's setup signs of the work: task, hyperparameters, seed, adapter, source, local steps. */
  readonly contextSha256: string;
}

/** What a trainer has made of it so far; kept so that another attempt at the round need not have it done again. */
interface KeptWork extends WorkOfRound {
  readonly evaluated?: MetricTotals;
  readonly trained?: MetricTotals;
}

interface WorkDone {
  readonly trainedPath: string | undefined;
  readonly metrics: MetricTotals;
}

/**
 * Does a round's work up to its report: fetches the model, has it evaluated and trained, quantises the update.
 *
 * A report that a former process made for the same plan is used again as it is. Nothing is fetched or trained for a round that is not what
 * the aggregator signed.
 *
 * @throws what keeps the worker from reporting, with the code that the aggregator is told.
 */
export async function makeReport(deps: WorkDeps, request: WorkRequest): Promise<ReportedSegment[]> {
  const report = requireSigned(request.opened, request, deps.job);
  const last = await loadReport(deps);
  if (last?.planDigest === hex(request.planDigest) && (await isWhole(last))) return last.segments;
  if (last !== undefined && last.planDigest !== hex(request.planDigest)) await settleMissed(deps, request, last);
  const segments = await build(deps, request, report, {
    segmentPath: (segment) => join(deps.volumeDirectory, volumePaths.segment(request.planDigest, segment)),
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
  const report = requireSigned(request.opened, request, deps.job);
  const places = {
    segmentPath: (segment: number) =>
      join(deps.volumeDirectory, volumePaths.rebuiltSegment(request.planDigest, segment)),
    // What is left over was written with the report, and stays.
    residualOut: (segment: number) =>
      join(deps.volumeDirectory, volumePaths.rebuiltResidual(request.planDigest, segment)),
  };
  const { segment, path, sha256 } = damaged;
  try {
    const segments = await build(deps, request, report, places, segment);
    const rebuilt = segments.find((made) => made.segment === segment);
    if (rebuilt === undefined || hex(rebuilt.sha256) !== hex(sha256))
      throw new TributaryError("CHECKSUM_MISMATCH", `segment ${segment} of the report comes out with other bytes`);
    await realDisk.rename(rebuilt.path, path);
  } finally {
    for (const id of [...report.updates.map((update) => update.segment.id), report.metrics.id])
      for (const left of [places.segmentPath(id), places.residualOut(id)]) await realDisk.remove(left);
  }
}

/** The files that a report is written to. */
type ReportPlaces = Pick<ReportRequest, "segmentPath" | "residualOut">;

/** Builds a report, or as much of it as one segment takes: metrics tell of every update, an update of no other. */
async function build(
  deps: WorkDeps,
  request: WorkRequest,
  report: PlannedReport,
  places: ReportPlaces,
  only?: number,
): Promise<ReportedSegment[]> {
  const basePath = await fetchModel(deps, request);
  requireCovers(report, await countParameters(basePath));
  const done = await trainAndEvaluate(deps, request, basePath);
  const update = report.updates.find(({ segment }) => segment.id === only);
  return buildReport({
    report: update === undefined ? report : { ...report, updates: [update] },
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

async function fetchModel(deps: WorkDeps, { opened, signal }: WorkRequest): Promise<string> {
  const { model } = opened;
  if (model === undefined) throw new TributaryError("MESSAGE_INVALID", "the round was opened without a model");
  const sha256 = hex(model.sha256);
  const path = join(deps.volumeDirectory, volumePaths.model(sha256));
  if (await hasDigest(path, sha256)) return path;
  const file = { path: model.resource, sha256, sizeBytes: Number(model.sizeBytes) };
  await retry(() => deps.tensors().fetch(file, path, signal), {
    signal,
    isRetriable: (error) =>
      error.code !== "ROUND_NOT_OPEN" && error.code !== "IDENTITY_REJECTED" && !isStorageError(error),
    onRetry: (error, attempt, delayMs) => deps.log.warn({ code: error.code, attempt, delayMs }, error.message),
  });
  return path;
}

async function trainAndEvaluate(deps: WorkDeps, request: WorkRequest, basePath: string): Promise<WorkDone> {
  const { opened, setup } = request;
  const work: WorkOfRound = {
    round: setup.round,
    modelSha256: hex(request.plan.modelSha256),
    contextSha256: hex(setup.contextSha256),
  };
  const kept = await loadKeptWork(deps, work);
  const inputs = [tensorSet(basePath.slice(deps.volumeDirectory.length + 1), request.plan.modelSha256)];
  const evaluate = { ...taskOf(work, request, "Evaluate"), inputs, split: "validation" };
  const evaluated = kept?.evaluated ?? (await runTask(deps, request, evaluate));
  if (kept?.evaluated === undefined) await keepWork(deps, { ...work, evaluated });
  if (opened.localSteps === 0) return { trainedPath: undefined, metrics: evaluated };
  const trainedPath = volumePaths.trained(nameOf(work));
  const present = (await isThere(deps, trainedPath)) ? kept?.trained : undefined;
  const outputs = [tensorSet(trainedPath, new Uint8Array(0))];
  const train = { ...taskOf(work, request, "Train"), inputs, outputs, localSteps: opened.localSteps };
  const trained = present ?? (await runTraining(deps, request, train, trainedPath));
  const metrics = await joined(deps, work, [
    { task: evaluate.id, metrics: evaluated },
    { task: train.id, metrics: trained },
  ]);
  if (present === undefined) await keepWork(deps, { ...work, evaluated, trained });
  return { trainedPath, metrics };
}

/** What is refused here counts for nothing: a trainer put right is asked for both again. */
async function joined(deps: WorkDeps, work: WorkOfRound, tasks: Parameters<typeof joinMetrics>): Promise<MetricTotals> {
  try {
    return joinMetrics(...tasks);
  } catch (error) {
    await keepWork(deps, work);
    throw error;
  }
}

async function runTraining(
  deps: WorkDeps,
  request: WorkRequest,
  task: TrainerTask,
  trainedPath: string,
): Promise<MetricTotals> {
  // A file that no trainer will be heard of takes the room that the next one needs.
  if (!deps.desk.isBegun(task.id)) await realDisk.remove(join(deps.volumeDirectory, trainedPath));
  const trained = await runTask(deps, request, task);
  // What was made for an earlier attempt may have been cleared away with the files of a settled round.
  return (await isThere(deps, trainedPath)) ? trained : runTask(deps, request, task);
}

/** Only what was signed again is used again: a restarted sidecar may have joined with other terms than the process before. */
async function loadKeptWork(deps: WorkDeps, work: WorkOfRound): Promise<KeptWork | undefined> {
  const kept = await loadJson<KeptWork>(workPath(deps));
  return kept !== undefined && nameOf(kept) === nameOf(work) ? kept : undefined;
}

function keepWork(deps: WorkDeps, work: KeptWork): Promise<void> {
  return writeFileDurably(workPath(deps), JSON.stringify(work), 0o600);
}

/** Names the work and not the attempt: a trainer at work when its attempt ends goes on, and what it makes is the next attempt's. */
function nameOf({ round, modelSha256, contextSha256 }: WorkOfRound): string {
  const digest = createHash("sha256").update(`${modelSha256} ${contextSha256}`).digest("hex");
  return `round-${round}-${digest.slice(0, 32)}`;
}

function taskOf(work: WorkOfRound, { expiresMs }: WorkRequest, kind: "Train" | "Evaluate"): TrainerTask {
  return { id: `${nameOf(work)}/${kind}`, kind, role: "Trainer", round: work.round, expiresMs };
}

async function runTask(
  { desk, log, volumeDirectory }: WorkDeps,
  { signal }: WorkRequest,
  task: TrainerTask,
): Promise<MetricTotals> {
  const startedMs = performance.now();
  const outcome: TaskOutcome = await desk.run(task, signal);
  if (outcome.case === "failure") {
    const { code, message } = outcome.value as trainerV1.TaskFailure;
    log.warn({ task: task.id, code, trainerMessage: message }, "the trainer could not do its task");
    const known = isErrorCode(code) ? code : "WORKER_FAILED";
    // What a trainer says may quote the data that it choked on: its words stay in the member's log.
    const { publicMessage } = catalogue[known];
    // It writes to no other volume than the shared one, and reads the data set's too.
    if (known === "STORAGE_FULL") throw retellStorageError(known, volumeDirectory);
    throw new TributaryError(
      known,
      `task ${task.id}: ${publicMessage} The log of the worker's sidecar has the trainer's words.`,
    );
  }
  const { metrics } = outcome.value as trainerV1.TaskSuccess;
  log.info({ task: task.id, durationMs: Math.round(performance.now() - startedMs) }, "task is done");
  return metricTotals(task.id, metrics, log);
}

function tensorSet(path: string, sha256: Uint8Array) {
  const disclosure = trainerV1.Disclosure.SUM_ONLY;
  return { name: "model", path, disclosure, toRole: "", sha256, sampleIdsPath: "" } as trainerV1.TensorSet;
}

/** A file of the memory directory; a damaged one counts as none. */
async function loadJson<T>(path: string): Promise<T | undefined> {
  const bytes = await readFileIfPresent(path);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8")) as T;
  } catch {
    return undefined;
  }
}

async function isThere({ volumeDirectory }: WorkDeps, path: string): Promise<boolean> {
  return (await realDisk.sizeOf(join(volumeDirectory, path))) !== undefined;
}

/** The newest report, whatever became of it. */
interface KeptReport {
  readonly planDigest: string;
  /** Digest of the model that its round started from. */
  readonly modelSha256: string;
  readonly segments: ReportedSegment[];
}

async function loadReport(deps: WorkDeps): Promise<KeptReport | undefined> {
  const kept = await loadJson<KeptReport & { segments: { sha256: unknown }[] }>(reportPath(deps));
  if (kept === undefined) return undefined;
  const segments = kept.segments.map((segment) => ({ ...segment, sha256: fromHex(String(segment.sha256)) }));
  return { ...kept, segments };
}

async function isWhole({ segments }: KeptReport): Promise<boolean> {
  for (const { path, sha256 } of segments) if (!(await hasDigest(path, hex(sha256)))) return false;
  return true;
}

/**
 * The result of the report before was missed: what it left over is settled before another one is made. A model that did not change was not
 * stepped, so that its sum was not used. One that did may hold the report: what was sent is then never sent a second time.
 */
async function settleMissed({ volumeDirectory }: WorkDeps, { plan }: WorkRequest, missed: KeptReport): Promise<void> {
  const settle = missed.modelSha256 === hex(plan.modelSha256) ? forgetLeftOver : keepLeftOver;
  const planDigest = fromHex(missed.planDigest);
  for (const { segment } of missed.segments) await settle({ volumeDirectory, planDigest, segment });
}

async function countParameters(path: string): Promise<number> {
  const model = await openFlatModel(path);
  await model.close();
  return model.layout.parameters;
}

async function saveReport(deps: WorkDeps, request: WorkRequest, segments: readonly ReportedSegment[]): Promise<void> {
  const kept = {
    planDigest: hex(request.planDigest),
    modelSha256: hex(request.plan.modelSha256),
    segments: segments.map((segment) => ({ ...segment, sha256: hex(segment.sha256) })),
  };
  await writeFileDurably(reportPath(deps), JSON.stringify(kept), 0o600);
}

function workPath({ memoryDirectory }: WorkDeps): string {
  return join(memoryDirectory, "work.json");
}

function reportPath({ memoryDirectory }: WorkDeps): string {
  return join(memoryDirectory, "report.json");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "hex"));
}
