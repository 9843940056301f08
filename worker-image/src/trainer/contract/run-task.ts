import type { trainerV1 } from "@tributary/contracts";
import { asTributaryError, type Clock, Disposition, TributaryError } from "@tributary/kit";
import type { ReceivedSet, TaskContext, TaskInput, TaskOutput, TrainerProgram } from "../program.ts";
import type { InputReader } from "./input-reader.ts";
import { refuseUnknownTask, unknownTask } from "./refuse-task.ts";
import { type NamedTensors, writeTensors } from "./tensor-file.ts";

/** The outcome of a task, as `CompleteTask` takes it. */
export type TaskOutcome =
  | { readonly case: "success"; readonly value: TaskMade }
  | { readonly case: "failure"; readonly value: { code: string; message: string; retriable: boolean } };

interface TaskMade {
  readonly outputs: { name: string; path: string }[];
  readonly metrics: { name: string; sum: number; count: bigint }[];
  readonly facts: Record<string, number>;
  readonly endsLoop: boolean;
}

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
    refuseUnknownTask(task, Object.keys(program));
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

async function runKnown(program: TrainerProgram, task: trainerV1.Task, around: TaskSurroundings): Promise<TaskOutcome> {
  const context = contextOf(task, around);
  await context.checkpoint();
  const input = await readInput(task, around);
  const output = await program[task.kind]!(input, context);
  const made = task.outputs.map(({ name, path }) => ({ name, path, tensors: madeBy(task, output, name) }));
  for (const name of Object.keys(output.sets))
    if (!task.outputs.some((asked) => asked.name === name))
      throw new TributaryError("MESSAGE_INVALID", `the task's outputs hold no tensor set ${name}`);
  for (const { path, tensors } of made) await writeTensors(around.volume, path, tensors);
  return {
    case: "success",
    value: {
      outputs: made.map(({ name, path }) => ({ name, path })),
      metrics: (output.metrics ?? []).map(({ name, sum, count }) => ({ name, sum, count: BigInt(count) })),
      facts: { ...output.facts },
      endsLoop: output.endsLoop ?? false,
    },
  };
}

function madeBy(task: trainerV1.Task, { sets }: TaskOutput, name: string): NamedTensors {
  const tensors = Object.hasOwn(sets, name) ? sets[name] : undefined;
  if (tensors === undefined)
    throw unknownTask(`the task's outputs hold tensor set ${name}, which ${task.kind} does not make`);
  return tensors;
}

async function readInput(task: trainerV1.Task, { inputs }: TaskSurroundings): Promise<TaskInput> {
  const { kind, round, iteration, localSteps, parameters } = task;
  // What a task reads and does not change is read by the next one too.
  const keep = task.outputs.length === 0;
  const received: (ReceivedSet & { readonly name: string })[] = [];
  for (const { name, path, sha256 } of task.inputs)
    received.push({ name, path, tensors: await inputs.read(path, sha256, keep) });
  const sets = (name: string) => received.filter((set) => set.name === name);
  return { kind, round, iteration, localSteps, parameters, sets };
}

function contextOf(task: trainerV1.Task, { clock, receivedMs, signal }: TaskSurroundings): TaskContext {
  const expiresMs = receivedMs + Number(task.remainingMs ?? Number.POSITIVE_INFINITY);
  return {
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
