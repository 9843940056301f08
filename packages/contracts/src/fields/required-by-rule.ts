import type { FederatedTrainingJob } from "../generated/api/types.ts";

type JobSpec = FederatedTrainingJob["spec"];

/** Rounds on which all workers work. */
export type SynchronousSchedule = NonNullable<JobSpec["schedule"]["synchronous"]>;

/** Model that a job trains. */
export type JobModel = NonNullable<JobSpec["model"]>;

/**
 * The schedule of a job, of which rules of the CRD say that there is exactly one.
 *
 * @throws Error for a spec without one, which no API server takes.
 */
export function synchronousOf({ schedule }: Pick<JobSpec, "schedule">): SynchronousSchedule {
  return required("spec.schedule.synchronous", schedule.synchronous);
}

/**
 * The model of a job whose paradigm has one.
 *
 * @throws Error for a spec without one, which no API server takes of such a paradigm.
 */
export function modelOf({ model }: Pick<JobSpec, "model">): JobModel {
  return required("spec.model", model);
}

function required<T>(field: string, value: T | undefined): T {
  if (value === undefined) throw new Error(`${field} is absent, must be there by a rule of the CRD`);
  return value;
}
