import { Annotation, Reason } from "@tributary/contracts";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { Placement, PlacingReport } from "../../federated-training-job/snapshot.ts";
import { readClusterUid } from "../../member-cluster/server-facts.ts";
import { troubleOf } from "../decide/decide-seats.ts";
import { callDeadlineMs } from "./call-deadline.ts";

/**
 * Which of these places are in another cluster than the one that answers, asked live: a name may lead to another cluster by now,
 * and what is not there says nothing of what is left in the former. Nothing is asked when no place says in which cluster it is.
 */
export async function findOtherCluster(
  client: ApiClient,
  placements: readonly Placement[],
  signal: AbortSignal,
): Promise<PlacingReport["problems"]> {
  const named = placements.filter(({ clusterUid }) => clusterUid !== undefined);
  if (named.length === 0) return [];
  const present = await readClusterUid(client, { signal, deadlineMs: callDeadlineMs });
  return named
    .filter(({ clusterUid }) => clusterUid !== present)
    .map((placement) => troubleOf(placement, { reason: Reason.ClusterChanged, message: describe(placement, present) }));
}

function describe({ cluster, clusterUid }: Placement, present: string | undefined): string {
  const now =
    present === undefined
      ? "does not let the hub read namespace kube-system any more, so whether it is the same cluster is not known"
      : `leads to another cluster now (uid of kube-system ${present})`;
  return `MemberCluster ${cluster} ${now}; the job has objects in the one with uid ${clusterUid}: register that one under this name again, or give up what it holds with annotation ${Annotation.AbandonClusters}`;
}
