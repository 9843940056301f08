import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { Placement, PlacingReport } from "../../federated-training-job/snapshot.ts";
import { readClusterUid } from "../../member-cluster/server-facts.ts";
import { callDeadlineMs } from "../../shared/call-deadline.ts";
import { clusterChanged } from "../cluster-changed.ts";
import { troubleOf } from "../decide/decide-seats.ts";

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
    .map((placement) => troubleOf(placement, clusterChanged(placement, present)));
}
