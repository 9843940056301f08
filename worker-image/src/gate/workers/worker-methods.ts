import { createPodReview, type PodReviewDeps } from "../enrolment/review-pod.ts";
import { type AttestDeps, attestMethod } from "./attest-method.ts";
import { dataSourceOf } from "./data-source.ts";
import type { WorkerMethods } from "./worker-endpoint.ts";

/** What the methods for workers work with. */
export type WorkerMethodDeps = PodReviewDeps & Pick<AttestDeps, "callerOf" | "dataKey" | "certifier" | "clock" | "log">;

/** The methods that the gate has for workers. */
export function workerMethods(deps: WorkerMethodDeps): WorkerMethods {
  const { sidecarContainer } = deps.policy;
  const review = createPodReview(deps);
  return {
    attest: attestMethod({ ...deps, review, dataSourceOf: ({ runtime }) => dataSourceOf(runtime, sidecarContainer) }),
  };
}
