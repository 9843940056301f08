import { Annotation, Reason } from "@tributary/contracts";
import type { Placement, Problem } from "../federated-training-job/snapshot.ts";

/**
 * Why nothing is done about a place that is in another cluster than the one that its member's name leads to now. `present` is the
 * uid of that one; undefined when it does not say it.
 */
export function clusterChanged({ cluster, clusterUid }: Placement, present: string | undefined): Problem {
  const now =
    present === undefined
      ? "does not let the hub read namespace kube-system any more, so whether it is the same cluster is not known"
      : `leads to another cluster now (uid of kube-system ${present})`;
  const message = `MemberCluster ${cluster} ${now}; the job has objects in the one with uid ${clusterUid}: register that one under this name again, or give up what it holds with annotation ${Annotation.AbandonClusters}`;
  return { reason: Reason.ClusterChanged, message };
}
