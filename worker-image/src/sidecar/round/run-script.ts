import { createHash } from "node:crypto";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { trainerV1 } from "@tributary/contracts";
import { type ScriptStep, toHex } from "@tributary/federated";
import { catalogue, type Logger, realDisk, retellStorageError, TributaryError, writeFileDurably } from "@tributary/kit";
import { taskFailureCode } from "../../shared/failure-codes.ts";
import type { TaskOutcome, TrainerDesk, TrainerTask } from "../trainer/trainer-desk.ts";
import type { CheckedRound } from "./check-started.ts";
import { loadJson } from "./load-json.ts";
import type { MetricTotals } from "./report-builder.ts";
import { metricTotals } from "./task-metrics.ts";
import { requireSuccess } from "./task-success.ts";
import { volumePaths } from "./volume-paths.ts";

/** What a script needs. */
export interface ScriptDeps {
  readonly desk: TrainerDesk;
  readonly log: Logger;
  readonly volumeDirectory: string;
  readonly memoryDirectory: string;
}

/** An attempt at a round whose script is run. */
export interface ScriptRequest {
  readonly round: CheckedRound;
  /** When reports are of no use any more, on this process's monotonic clock. */
  readonly expiresMs: number;
  readonly signal: AbortSignal;
}

/** What a round asks of a trainer, as it was signed. */
interface WorkOfRound {
  readonly line: number;
  readonly startSha256: string;
  /** Digest of all else that the round asks: script, task, hyperparameters, seed, adapter, source, local steps. */
  readonly termsSha256: string;
}

/** What a trainer has made of it so far, by step; kept so that another attempt at the round need not have it done again. */
interface KeptWork extends WorkOfRound {
  readonly done: Readonly<Record<string, MetricTotals>>;
}

/** What trainers made of a round's script. */
interface WorkDone {
  readonly trainedPath: string | undefined;
  readonly metrics: MetricTotals;
}

/** Has the trainer do the script's steps, one after the other; what it did for an earlier attempt is not done again. */
export async function runScript(deps: ScriptDeps, request: ScriptRequest, basePath: string): Promise<WorkDone> {
  const { round } = request;
  const work: WorkOfRound = {
    line: round.signed.line,
    startSha256: toHex(round.startSha256),
    termsSha256: toHex(round.signed.termsSha256),
  };
  let done = (await loadKeptWork(deps, work))?.done ?? {};
  let trainedPath: string | undefined;
  for (const step of round.script.steps) {
    const task = taskOf(deps, request, { work, step, basePath });
    const [output] = task.outputs;
    trainedPath = output?.path ?? trainedPath;
    const isDone = done[step.kind] !== undefined && (output === undefined || (await isThere(deps, output.path)));
    if (isDone) continue;
    const metrics = await runStep(deps, request, task, step);
    done = { ...done, [step.kind]: metrics };
    await writeFileDurably(workPath(deps), JSON.stringify({ ...work, done } satisfies KeptWork), 0o600);
  }
  return { trainedPath, metrics: Object.assign({}, ...Object.values(done)) as MetricTotals };
}

async function runStep(
  deps: ScriptDeps,
  request: ScriptRequest,
  task: RoundTask,
  step: ScriptStep,
): Promise<MetricTotals> {
  const [output] = task.outputs;
  if (output === undefined) return runTask(deps, request, task, step);
  // A file that no trainer will be heard of takes the room that the next one needs.
  if (!deps.desk.isBegun(task.id)) await realDisk.remove(join(deps.volumeDirectory, output.path));
  const metrics = await runTask(deps, request, task, step);
  // What was made for an earlier attempt may have been cleared away with the files of a settled round.
  return (await isThere(deps, output.path)) ? metrics : runTask(deps, request, task, step);
}

/** Only what was signed again is used again: a restarted sidecar may have joined with other terms than the process before. */
async function loadKeptWork(deps: ScriptDeps, work: WorkOfRound): Promise<KeptWork | undefined> {
  const kept = await loadJson<KeptWork>(workPath(deps));
  return kept !== undefined && nameOf(kept) === nameOf(work) ? kept : undefined;
}

/** Names the work and not the attempt: a trainer at work when its attempt ends goes on, and what it makes is the next attempt's. */
function nameOf({ line, startSha256, termsSha256 }: WorkOfRound): string {
  const digest = createHash("sha256").update(`${startSha256} ${termsSha256}`).digest("hex");
  return `round-${line}-${digest.slice(0, 32)}`;
}

/** A task of the script with the sets that it gives and takes. */
type RoundTask = TrainerTask & { readonly localSteps: number; readonly outputs: trainerV1.TensorSet[] };

function taskOf(
  { volumeDirectory }: ScriptDeps,
  { round, expiresMs }: ScriptRequest,
  { work, step, basePath }: { readonly work: WorkOfRound; readonly step: ScriptStep; readonly basePath: string },
): RoundTask {
  const { kind, role, parameters } = step;
  // Of today's script every input is the model of the start, every output what the trainer made of it.
  const inputs = step.inputs.map(({ set }) =>
    tensorSet(set, basePath.slice(volumeDirectory.length + 1), round.model.sha256),
  );
  const outputs = step.outputs.map(({ set }) => tensorSet(set, volumePaths.trained(nameOf(work)), new Uint8Array(0)));
  const localSteps = step.outputs.length === 0 ? 0 : round.work.localSteps;
  const id = `${nameOf(work)}/${kind}`;
  return {
    ...{ id, kind, role, round: work.line, iteration: 0, inputs, outputs, localSteps, expiresMs },
    parameters: { ...parameters },
  };
}

async function runTask(
  { desk, log, volumeDirectory }: ScriptDeps,
  { round, signal }: ScriptRequest,
  task: RoundTask,
  step: ScriptStep,
): Promise<MetricTotals> {
  const startedMs = performance.now();
  const outcome: TaskOutcome = await desk.run(task, signal);
  if (outcome.case === "failure") {
    const { code, message } = outcome.value as trainerV1.TaskFailure;
    log.warn({ task: task.id, code, trainerMessage: message }, "the trainer could not do its task");
    const known = taskFailureCode(code);
    // What a trainer says may quote the data that it choked on: its words stay in the member's log.
    const { publicMessage } = catalogue[known];
    // It writes to no other volume than the shared one, and reads the data set's too.
    if (known === "STORAGE_FULL") throw retellStorageError(known, volumeDirectory);
    throw new TributaryError(
      known,
      `task ${task.id}: ${publicMessage} The log of the worker's sidecar has the trainer's words.`,
    );
  }
  const success = outcome.value as trainerV1.TaskSuccess;
  const { metrics } = success;
  const facts = await requireSuccess(task, success, { log, volumeDirectory });
  log.info({ task: task.id, durationMs: Math.round(performance.now() - startedMs), ...facts }, "task is done");
  const known = round.layout.metrics.find(({ section }) => section === step.metrics)!.metrics;
  return metricTotals(task.id, metrics, { known, log });
}

function tensorSet(name: string, path: string, sha256: Uint8Array): trainerV1.TensorSet {
  const disclosure = trainerV1.Disclosure.SUM_ONLY;
  return create(trainerV1.TensorSetSchema, { name, path, disclosure, sha256 });
}

async function isThere({ volumeDirectory }: ScriptDeps, path: string): Promise<boolean> {
  return (await realDisk.sizeOf(join(volumeDirectory, path))) !== undefined;
}

function workPath({ memoryDirectory }: ScriptDeps): string {
  return join(memoryDirectory, "work.json");
}
