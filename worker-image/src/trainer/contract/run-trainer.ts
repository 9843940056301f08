import type { MessageInitShape } from "@bufbuild/protobuf";
import { credentials } from "@grpc/grpc-js";
import { trainerV1 } from "@tributary/contracts";
import {
  type BackoffBounds,
  createGrpcClient,
  Disposition,
  type GrpcClient,
  isErrorCode,
  type Logger,
  nameVolumes,
  type RetryOptions,
  retry,
  systemClock,
  TributaryError,
} from "@tributary/kit";
import { workerVolumes } from "../../shared/files/volumes.ts";
import type { TrainerProgram } from "../program.ts";
import { InputReader } from "./input-reader.ts";
import { failureOf, runTask } from "./run-task.ts";

/** What a trainer is made of. */
export type TrainerOptions = {
  /** Path of the sidecar's socket. */
  readonly socketPath: string;
  readonly name: string;
  readonly version: string;
  /** Verbs that it is registered with before the job, and so its program, is known. */
  readonly kinds: readonly string[];
  /** What it runs on; says nothing when left out. */
  readonly capability?: MessageInitShape<typeof trainerV1.CapabilitySchema>;
  readonly openProgram: (job: trainerV1.RegisterResponse) => Promise<TrainerProgram>;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Delays between calls that found nobody; a sidecar restarts within seconds. */
  readonly backoff?: BackoffBounds;
  /** Calls in a row that may find nobody. */
  readonly maxAttempts?: number;
};

type Sidecar = GrpcClient<typeof trainerV1.TrainerService>;

const callTimeoutMs = 10_000;
const waitMs = 20_000;
const sidecarBackoff: BackoffBounds = { initialMs: 200, maxMs: 5_000 };
/** About two minutes of waiting before the pod is given up. */
const sidecarAttempts = 30;
/** A channel without a call for half an hour is closed else, and a task may take longer: the sidecar would take the trainer for lost. */
const KEPT_OPEN = { "grpc.client_idle_timeout_ms": 2 ** 31 - 1 };

/**
 * Works for one sidecar until it says that the job is over: registers, takes one task at a time, hands in its outcome. A sidecar
 * that goes away is called and registered with again; a task whose outcome could not be handed in is done anew when it is offered anew.
 * @throws TributaryError whose exit code the process ends with: `TRAINER_SIDECAR_LOST` after many calls in vain, or what made
 * the job's program impossible to open, once that was reported as the outcome of a task
 */
export async function runTrainer(options: TrainerOptions): Promise<void> {
  const sidecar = createGrpcClient(trainerV1.TrainerService, {
    address: `unix:${options.socketPath}`,
    credentials: credentials.createInsecure(),
    unreachable: "TRAINER_SIDECAR_LOST",
    channel: KEPT_OPEN,
  });
  try {
    await workFor(sidecar, options);
  } finally {
    sidecar.close();
  }
}

async function workFor(sidecar: Sidecar, options: TrainerOptions): Promise<void> {
  const { log, signal } = options;
  const again: RetryOptions = {
    signal,
    backoff: options.backoff ?? sidecarBackoff,
    maxAttempts: options.maxAttempts ?? sidecarAttempts,
    isRetriable: ({ disposition }) => disposition === Disposition.Transient,
    onRetry: (error, attempt, delayMs) => log.warn({ code: error.code, attempt, delayMs }, error.message),
  };
  const { name: trainerName, version: trainerVersion, capability } = options;
  const who = {
    trainerName,
    trainerVersion,
    kinds: [...options.kinds],
    ...(capability !== undefined && { capability }),
  };
  const register = () => sidecar.register(who, { timeoutMs: callTimeoutMs, signal });
  const job = await retry(register, again);
  const { jobUid, participant, workerIndex, task: jobTask } = job;
  nameVolumes(workerVolumes({ volume: job.volumePath, ...(job.datasetPath !== "" && { dataset: job.datasetPath }) }));
  log.info({ jobUid, participant, workerIndex, task: jobTask }, "registered");
  const registerVerbs = async (kinds: readonly string[]) => {
    if (isSame(kinds, who.kinds)) return;
    who.kinds = [...kinds];
    await retry(register, again);
  };
  const opening = openQuietly(options.openProgram, job, registerVerbs);
  const around = { volume: job.volumePath, inputs: new InputReader(job.volumePath), clock: systemClock, signal };
  for (;;) {
    const next = async (attempt: number) => {
      if (attempt > 0) await register();
      return sidecar.nextTask({ waitMs }, { timeoutMs: waitMs + callTimeoutMs, signal });
    };
    const { task, finished } = await retry(next, again);
    if (finished) return;
    if (task === undefined) continue;
    const receivedMs = systemClock.monotonicMs();
    const opened = await opening;
    const startMs = systemClock.monotonicMs();
    const surroundings = { ...around, receivedMs };
    const outcome = "program" in opened ? await runTask(opened.program, task, surroundings) : failureOf(opened.error);
    const { id, kind, round } = task;
    log.info(
      { taskId: id, kind, round, outcome: outcome.case, durationMs: Math.round(systemClock.monotonicMs() - startMs) },
      "task done",
    );
    const handIn = () => sidecar.completeTask({ taskId: id, outcome }, { timeoutMs: callTimeoutMs, signal });
    await retry(handIn, again);
    if ("error" in opened) throw opened.error;
    if (outcome.case === "failure") logFailure(log, outcome.value);
  }
}

type Opened = { readonly program: TrainerProgram } | { readonly error: unknown };

/**
 * Opening starts at once, while the first task may still be far, and fails as the outcome of that task. A program with other verbs than the
 * trainer was registered with is told of: what the sidecar knows are the keys of the program.
 */
async function openQuietly(
  open: TrainerOptions["openProgram"],
  job: trainerV1.RegisterResponse,
  registerVerbs: (kinds: readonly string[]) => Promise<void>,
): Promise<Opened> {
  try {
    const program = await open(job);
    await registerVerbs(Object.keys(program));
    return { program };
  } catch (error) {
    return { error };
  }
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.toSorted().join() === others.toSorted().join();
}

function logFailure(log: Logger, failure: { code: string; message: string }): void {
  const error = isErrorCode(failure.code) ? new TributaryError(failure.code, failure.message) : undefined;
  log.error({ err: error, code: failure.code }, failure.message);
}
