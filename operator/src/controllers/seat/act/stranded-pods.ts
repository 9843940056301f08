import { Label, Reason } from "@tributary/contracts";
import { isDeleting, type KubeObject } from "../../../runtime/api/object.ts";
import type { Placement, PlacingReport } from "../../federated-training-job/snapshot.ts";
import { controllerOf } from "../../shared/pod-owner.ts";
import { troubleOf } from "../decide/decide-seats.ts";

/** Participant that an object in a member says to be of. */
export function participantOf(object: KubeObject): string {
  return object.metadata.labels?.[Label.Participant] ?? "";
}

/**
 * Pods of ours that nothing ends, one of each place by name: no batch Job that the hub could find and remove controls them any
 * more, and the hub may not delete pods. One that is told of while a garbage collector is about to end it is so at no later look.
 */
export function tellStranded(placements: readonly Placement[], pods: readonly KubeObject[]): PlacingReport["problems"] {
  const stranded = pods.filter((pod) => !isDeleting(pod));
  return placements.flatMap((placement) => {
    const own = stranded.filter((pod) => participantOf(pod) === placement.participant);
    const pod = own.find((one) => controllerOf(one) === undefined) ?? own[0];
    if (pod === undefined) return [];
    const message = `Pod ${placement.namespace}/${pod.metadata.name} ${describeStrand(pod)}`;
    return [troubleOf(placement, { reason: Reason.CleanupPending, message })];
  });
}

function describeStrand(pod: KubeObject): string {
  const job = controllerOf(pod)?.name;
  return job === undefined
    ? "has the job's labels and no Job, and the hub may not delete pods; have the member's admin delete it"
    : `has the job's labels, and its Job ${job} is gone or has them no more; unless it ends by itself, have the member's admin delete both`;
}
