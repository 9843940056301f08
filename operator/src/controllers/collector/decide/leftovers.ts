import type { OwnedObject } from "../owned-objects.ts";

/** Whether the hub still has a job: unknown whenever its API server did not say. */
export type JobLiveness = "live" | "gone" | "unknown";

/** What is to become of the objects in a member. */
export interface Leftovers {
  /** What a job that exists no longer left; to be removed. */
  readonly removals: readonly OwnedObject[];
  /** Pods that run without their Job: nothing that the hub may delete would end them. */
  readonly stranded: readonly OwnedObject[];
  /** Objects with our label that we did not write, and what comes of them: somebody else's, and left alone. */
  readonly foreign: readonly OwnedObject[];
}

/**
 * Sorts what carries our label. Only what a job that is certainly gone left behind is removed: what may belong to a living job,
 * or was written by others, stays.
 */
export function sortLeftovers(objects: readonly OwnedObject[], livenessOf: (jobUid: string) => JobLiveness): Leftovers {
  const jobs = new Set(objects.filter(({ kind }) => kind === "Job").map(({ uid }) => uid));
  const made = objects.filter(({ kind }) => kind !== "Pod");
  // A pod whose Job is seen is its Job's, whoever's that is, and so is what is said of it.
  const loosePods = objects.filter(
    ({ kind, isDeleting, controllerUid }) =>
      kind === "Pod" && !isDeleting && (controllerUid === undefined || !jobs.has(controllerUid)),
  );
  return {
    removals: made.filter(
      ({ isOurs, isDeleting, jobUid }) =>
        isOurs && !isDeleting && jobUid !== undefined && livenessOf(jobUid) === "gone",
    ),
    stranded: loosePods.filter(({ isOurs }) => isOurs),
    foreign: [
      ...made.filter(({ isOurs, jobUid }) => !isOurs || jobUid === undefined),
      ...loosePods.filter(({ isOurs }) => !isOurs),
    ],
  };
}
