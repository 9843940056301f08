import { Reason } from "@tributary/contracts";
import { isDeleting, type KubeObject } from "../../../runtime/api/object.ts";
import type { Placement, PlacingReport } from "../../federated-training-job/snapshot.ts";
import { participantOf } from "../../shared/keep-ownership.ts";
import { controllerOf } from "../../shared/pod-owner.ts";
import { troubleOf } from "../decide/decide-seats.ts";

/**
 * Pods of ours that nothing ends, one of each place by name: no batch Job that the hub could find and remove controls them any
 * more, and the hub may not delete pods. Those of a Job that is gone are the garbage collector's, which takes its time with many.
 *
 * @param unlabelled uids of Jobs that are there without our labels.
 */
export function tellStranded(
  placements: readonly Placement[],
  pods: readonly KubeObject[],
  unlabelled: ReadonlySet<string>,
): PlacingReport["problems"] {
  const isStranded = (pod: KubeObject): boolean => {
    const job = controllerOf(pod);
    return !isDeleting(pod) && (job === undefined || unlabelled.has(job.uid));
  };
  const stranded = pods.filter(isStranded);
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
    : `has the job's labels, and its Job ${job} has them no more, so that the hub does not find it; have the member's admin delete both`;
}
