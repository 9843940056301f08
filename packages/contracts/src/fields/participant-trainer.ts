import type { FederatedTrainingJob } from "../generated/api/types.ts";

type JobSpec = FederatedTrainingJob["spec"];

/** The trainer of one participant's workers: the job's, with what the participant has of its own. */
export function trainerOf(
  { trainer }: Pick<JobSpec, "trainer">,
  { runtime = trainer.runtime, hyperparameters }: JobSpec["participants"][number],
): JobSpec["trainer"] {
  const merged =
    hyperparameters === undefined ? {} : { hyperparameters: { ...trainer.hyperparameters, ...hyperparameters } };
  return { ...trainer, runtime, ...merged };
}
