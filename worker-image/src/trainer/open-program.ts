import type { trainerV1 } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { openLanguageModelingProgram } from "./language-modeling/open-program.ts";
import { noopProgram } from "./noop/noop-program.ts";
import type { TrainerProgram } from "./program.ts";

type Opener = (job: trainerV1.RegisterResponse) => Promise<TrainerProgram>;

const openers: Readonly<Record<string, Opener>> = {
  "language-modeling": openLanguageModelingProgram,
  noop: async (job) => noopProgram(job.hyperparameters),
};

/** Verbs of every program: told before the trainer knows its job. */
export const trainerKinds: readonly string[] = ["Evaluate", "Train"];

const known = { paradigm: "Horizontal", role: "Trainer" } as const;

/**
 * Opens the program that does the job's task.
 * @throws TributaryError (`TRAINER_TASK_UNKNOWN`) for a task, paradigm or role that no program is for, or what opening it throws
 */
export async function openProgram(job: trainerV1.RegisterResponse): Promise<TrainerProgram> {
  for (const field of ["paradigm", "role"] as const)
    if (job[field] !== known[field])
      throw unknown(`${field} ${JSON.stringify(job[field])} is unknown; this trainer knows ${known[field]}`);
  const open = Object.hasOwn(openers, job.task) ? openers[job.task] : undefined;
  if (open !== undefined) return open(job);
  throw unknown(`task ${JSON.stringify(job.task)} is unknown; this trainer does ${Object.keys(openers).join(", ")}`);
}

function unknown(what: string): TributaryError {
  return new TributaryError("TRAINER_TASK_UNKNOWN", what);
}
