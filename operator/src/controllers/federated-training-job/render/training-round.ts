import { type FederatedTrainingJob, groupVersion } from "@tributary/contracts";
import { synchronousOf } from "@tributary/contracts/fields";
import type { KubernetesObject } from "../plan.ts";
import type { WindowPlan } from "../snapshot.ts";
import { jobLabels, ownedBy } from "./aggregator.ts";
import { jobNames, windowName } from "./names.ts";

/** The TrainingRound of one window. Its spec never changes, so applying it again changes nothing. */
export function renderTrainingRound(job: FederatedTrainingJob, window: WindowPlan): KubernetesObject {
  const synchronous = synchronousOf(job.spec);
  return {
    apiVersion: groupVersion,
    kind: "TrainingRound",
    metadata: {
      name: windowName(job, window.from, window.attempt),
      namespace: jobNames(job).namespace,
      labels: jobLabels(job, "round"),
      ownerReferences: ownedBy(job),
    },
    spec: {
      jobName: job.metadata.name,
      jobUid: job.metadata.uid,
      from: window.from,
      through: window.through,
      attempt: window.attempt,
      quorum: synchronous.quorum,
      deadline: synchronous.deadline,
      localSteps: window.evaluateOnly ? 0 : synchronous.localSteps,
      evaluateOnly: window.evaluateOnly,
    },
  };
}
