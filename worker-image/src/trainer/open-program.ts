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

/**
 * Opens the program that does the job's task.
 * @throws TributaryError (`TRAINER_TASK_UNKNOWN`) with the tasks that exist, or what opening it throws
 */
export async function openProgram(job: trainerV1.RegisterResponse): Promise<TrainerProgram> {
  const open = Object.hasOwn(openers, job.task) ? openers[job.task] : undefined;
  if (open !== undefined) return open(job);
  const known = Object.keys(openers).join(", ");
  throw new TributaryError(
    "TRAINER_TASK_UNKNOWN",
    `task ${JSON.stringify(job.task)} is unknown; this trainer does ${known}`,
  );
}
