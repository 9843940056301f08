import { trainerV1 } from "@tributary/contracts";
import { asTributaryError, type Clock, Disposition, TributaryError } from "@tributary/kit";
import type { MetricTotal, TaskContext, TrainerProgram } from "../program.ts";
import type { InputReader } from "./input-reader.ts";
import { writeTensors } from "./tensor-file.ts";

/** Kinds of task that this trainer does. */
export const taskKinds = ["Train", "Evaluate"] as const;

const validationSplit = "validation";

/** The outcome of a task, as `CompleteTask` takes it. */
export type TaskOutcome =
  | { readonly case: "success"; readonly value: { outputs: { name: string; path: string }[]; metrics: MetricTotals } }
  | { readonly case: "failure"; readonly value: { code: string; message: string; retriable: boolean } };

type MetricTotals = { name: string; sum: number; count: bigint }[];

/** What a task needs besides itself. */
export type TaskSurroundings = {
  /** Directory of the shared volume. */
  readonly volume: string;
  /** Reads tensor sets from there. */
  readonly inputs: InputReader;
  readonly clock: Clock;
  /** When the task came, on the clock that nobody sets: its remaining time counts from there. */
  readonly receivedMs: number;
  readonly signal: AbortSignal;
};

/** Does one task. Failures are outcomes: nothing is thrown. */
export async function runTask(
  program: TrainerProgram,
  task: trainerV1.Task,
  surroundings: TaskSurroundings,
): Promise<TaskOutcome> {
  try {
    refuseUnknown(task);
    return await runKnown(program, task, surroundings);
  } catch (error) {
    return failureOf(error);
  }
}

/** An error as the outcome of a task. */
export function failureOf(cause: unknown): TaskOutcome {
  const { code, message, disposition } = asTributaryError(cause);
  return { case: "failure", value: { code, message, retriable: disposition === Disposition.Transient } };
}

function unknown(what: string): TributaryError {
  return new TributaryError("TRAINER_TASK_UNKNOWN", what);
}

function refuseUnknown(task: trainerV1.Task): void {
  if (!(taskKinds as readonly string[]).includes(task.kind)) {
    throw unknown(`task kind ${JSON.stringify(task.kind)} is unknown; this trainer does ${taskKinds.join(", ")}`);
  }
  for (const { name, disclosure } of [...task.inputs, ...task.outputs]) {
    const isKnown = disclosure === trainerV1.Disclosure.SUM_ONLY || disclosure === trainerV1.Disclosure.PUBLIC;
    if (!isKnown) throw unknown(`tensor set ${name} has the disclosure ${disclosure}, expected SUM_ONLY or PUBLIC`);
  }
  if (task.kind === "Evaluate" && task.split !== validationSplit) {
    throw unknown(`split ${JSON.stringify(task.split)} is unknown; this trainer evaluates ${validationSplit}`);
  }
}

async function runKnown(program: TrainerProgram, task: trainerV1.Task, around: TaskSurroundings): Promise<TaskOutcome> {
  const context = contextOf(task, around);
  const input = setNamed(task.inputs, "model", "inputs");
  await context.checkpoint();
  const model = await around.inputs.read(input.path, input.sha256, task.kind === "Evaluate");
  if (task.kind === "Evaluate") return success([], await program.evaluate(model, task.split, context));
  const output = setNamed(task.outputs, "model", "outputs");
  const trained = await program.train(model, task.localSteps, context);
  await writeTensors(around.volume, output.path, trained.model);
  return success([{ name: output.name, path: output.path }], trained.metrics);
}

function setNamed(sets: readonly trainerV1.TensorSet[], name: string, field: string): trainerV1.TensorSet {
  const found = sets.find((set) => set.name === name);
  if (found === undefined)
    throw new TributaryError("MESSAGE_INVALID", `the task's ${field} hold no tensor set ${name}`);
  return found;
}

function success(outputs: { name: string; path: string }[], metrics: readonly MetricTotal[]): TaskOutcome {
  return {
    case: "success",
    value: { outputs, metrics: metrics.map(({ name, sum, count }) => ({ name, sum, count: BigInt(count) })) },
  };
}

function contextOf(task: trainerV1.Task, { clock, receivedMs, signal }: TaskSurroundings): TaskContext {
  const expiresMs = receivedMs + Number(task.remainingMs ?? Number.POSITIVE_INFINITY);
  return {
    round: task.round,
    checkpoint: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted)
        throw new TributaryError("OPERATION_ABORTED", `task ${task.id}: the trainer was told to stop`);
      if (clock.monotonicMs() > expiresMs) {
        throw new TributaryError("DEADLINE_EXCEEDED", `task ${task.id} of round ${task.round}: its deadline passed`);
      }
    },
  };
}
