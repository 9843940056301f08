import { join } from "node:path";
import { type partyV1, trainerV1 } from "@tributary/contracts";
import type { CryptoSuite, RoundPlan, RoundSetup } from "@tributary/federated";
import {
  isErrorCode,
  isStorageError,
  type Logger,
  readFileIfPresent,
  realDisk,
  retry,
  TributaryError,
  writeFileDurably,
} from "@tributary/kit";
import type { CrashSimulator } from "../../shared/crash-point.ts";
import { sha256OfFile } from "../../shared/files/flat-model-file.ts";
import { readPlannedReport } from "../../shared/report/report-layout.ts";
import type { TaskOutcome, TrainerDesk, TrainerTask } from "../trainer/trainer-desk.ts";
import type { TensorClient } from "../wire/tensor-client.ts";
import { buildReport, type MetricTotals, type ReportedSegment } from "./report-builder.ts";

/** What the work of any round needs. */
export interface WorkDeps {
  readonly desk: TrainerDesk;
  readonly crypto: CryptoSuite;
  readonly log: Logger;
  readonly crash: CrashSimulator;
  readonly volumeDirectory: string;
  readonly memoryDirectory: string;
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

/** What a trainer made of a round's model; kept so that another attempt at the round need not train again. */
interface WorkDone {
  readonly modelSha256: string;
  readonly localSteps: number;
  readonly trainedPath: string | undefined;
  readonly metrics: MetricTotals;
}

/** Paths of a sidecar's files in the shared volume; the trainer sees those of models and tasks. */
export const volumePaths = {
  model: (sha256: string) => `models/${sha256}.safetensors`,
  trained: (round: number, localSteps: number) => `tasks/round-${round}-${localSteps}.safetensors`,
  segment: (planDigest: Uint8Array, segment: number) => `reports/${hex(planDigest).slice(0, 16)}-${segment}.bin`,
  /** The only files that outlive their round. */
  residual: (segment: number) => `residuals/${segment}.f32`,
  pendingResidual: (planDigest: Uint8Array, segment: number) =>
    `reports/${hex(planDigest).slice(0, 16)}-${segment}.residual.f32`,
} as const;

/**
 * Does a round's work up to its report: fetches the model, has it evaluated and trained, quantises the update.
 *
 * A report that a former process made for the same plan is used again as it is.
 *
 * @throws what keeps the worker from reporting, with the code that the aggregator is told.
 */
export async function makeReport(deps: WorkDeps, request: WorkRequest): Promise<ReportedSegment[]> {
  const report = readPlannedReport(request.setup, request.plan);
  if (report === undefined)
    throw new TributaryError("PROTOCOL_REFUSED", "the plan asks for a report of another layout");
  const kept = await loadReport(deps, request);
  if (kept !== undefined) return kept;
  const basePath = await fetchModel(deps, request);
  const done = await trainAndEvaluate(deps, request, basePath);
  const segments = await buildReport({
    report,
    crypto: deps.crypto,
    seed: request.seed,
    planDigest: request.planDigest,
    basePath,
    trainedPath: done.trainedPath === undefined ? undefined : join(deps.volumeDirectory, done.trainedPath),
    metrics: done.metrics,
    residualPath: (segment) => join(deps.volumeDirectory, volumePaths.residual(segment)),
    residualOut: (segment) => join(deps.volumeDirectory, volumePaths.pendingResidual(request.planDigest, segment)),
    segmentPath: (segment) => join(deps.volumeDirectory, volumePaths.segment(request.planDigest, segment)),
    signal: request.signal,
    log: deps.log,
  });
  deps.crash("before-report-durable");
  await saveReport(deps, request, segments);
  deps.crash("after-report-durable");
  return segments;
}

async function fetchModel(deps: WorkDeps, { opened, signal }: WorkRequest): Promise<string> {
  const { model } = opened;
  if (model === undefined) throw new TributaryError("MESSAGE_INVALID", "the round was opened without a model");
  const sha256 = hex(model.sha256);
  const path = join(deps.volumeDirectory, volumePaths.model(sha256));
  if (await isFile(path, sha256)) return path;
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
  const modelSha256 = hex(request.plan.modelSha256);
  const kept = await loadWork(deps);
  if (kept?.modelSha256 === modelSha256 && kept.localSteps === opened.localSteps && (await hasTrained(deps, kept)))
    return kept;
  const input: trainerV1.TensorSet = tensorSet(
    basePath.slice(deps.volumeDirectory.length + 1),
    request.plan.modelSha256,
  );
  const evaluated = await runTask(deps, request, {
    ...taskOf(request, "Evaluate"),
    inputs: [input],
    split: "validation",
  });
  const trainedPath = opened.localSteps === 0 ? undefined : volumePaths.trained(setup.round, opened.localSteps);
  let trained: MetricTotals = {};
  if (trainedPath !== undefined) {
    await realDisk.remove(join(deps.volumeDirectory, trainedPath));
    const outputs = [tensorSet(trainedPath, new Uint8Array(0))];
    const task = { ...taskOf(request, "Train"), inputs: [input], outputs, localSteps: opened.localSteps };
    trained = await runTask(deps, request, task);
  }
  const done: WorkDone = {
    modelSha256,
    localSteps: opened.localSteps,
    trainedPath,
    metrics: { ...trained, ...evaluated },
  };
  await writeFileDurably(workPath(deps), JSON.stringify(done), 0o600);
  return done;
}

function taskOf({ setup, expiresMs }: WorkRequest, kind: "Train" | "Evaluate"): TrainerTask {
  const id = `round-${setup.round}/attempt-${setup.attempt}/${kind}`;
  return { id, kind, role: "Trainer", round: setup.round, expiresMs };
}

async function runTask({ desk, log }: WorkDeps, { signal }: WorkRequest, task: TrainerTask): Promise<MetricTotals> {
  const startedMs = performance.now();
  const outcome: TaskOutcome = await desk.run(task, signal);
  if (outcome.case === "failure") {
    const { code, message } = outcome.value as trainerV1.TaskFailure;
    throw new TributaryError(isErrorCode(code) ? code : "WORKER_FAILED", `task ${task.id}: ${message}`);
  }
  const { metrics } = outcome.value as trainerV1.TaskSuccess;
  log.info({ task: task.id, durationMs: Math.round(performance.now() - startedMs) }, "task is done");
  for (const { name, sum } of metrics) {
    if (Number.isFinite(sum)) continue;
    throw new TributaryError(
      "TRAINER_LOSS_NOT_FINITE",
      `task ${task.id}: ${name} is ${sum}; lower the learning rate or check the data`,
    );
  }
  return Object.fromEntries(metrics.map(({ name, sum, count }) => [name, { sum, count: Number(count) }]));
}

function tensorSet(path: string, sha256: Uint8Array) {
  const disclosure = trainerV1.Disclosure.SUM_ONLY;
  return { name: "model", path, disclosure, toRole: "", sha256, sampleIdsPath: "" } as trainerV1.TensorSet;
}

/** The kept work; a damaged file counts as none. */
async function loadWork(deps: WorkDeps): Promise<WorkDone | undefined> {
  const bytes = await readFileIfPresent(workPath(deps));
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString("utf8")) as WorkDone);
}

async function hasTrained(deps: WorkDeps, { trainedPath }: WorkDone): Promise<boolean> {
  if (trainedPath === undefined) return true;
  return (await sha256OfFile(join(deps.volumeDirectory, trainedPath)).catch(() => undefined)) !== undefined;
}

async function loadReport(deps: WorkDeps, request: WorkRequest): Promise<ReportedSegment[] | undefined> {
  const bytes = await readFileIfPresent(reportPath(deps));
  if (bytes === undefined) return undefined;
  const kept = JSON.parse(bytes.toString("utf8")) as {
    planDigest: string;
    segments: (Omit<ReportedSegment, "sha256"> & { sha256: string })[];
  };
  if (kept.planDigest !== hex(request.planDigest)) return undefined;
  for (const { path, sha256 } of kept.segments) if (!(await isFile(path, sha256))) return undefined;
  return kept.segments.map((segment) => ({ ...segment, sha256: new Uint8Array(Buffer.from(segment.sha256, "hex")) }));
}

async function saveReport(deps: WorkDeps, request: WorkRequest, segments: readonly ReportedSegment[]): Promise<void> {
  const kept = {
    planDigest: hex(request.planDigest),
    segments: segments.map((segment) => ({ ...segment, sha256: hex(segment.sha256) })),
  };
  await writeFileDurably(reportPath(deps), JSON.stringify(kept), 0o600);
}

async function isFile(path: string, sha256: string): Promise<boolean> {
  const found = await sha256OfFile(path).catch(() => undefined);
  return found !== undefined && hex(found) === sha256;
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
