import { Kinds, Reason } from "@tributary/contracts";
import { isTributaryError } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { Problem } from "../snapshot.ts";
import { lastSeenMs, newestRefusal, type Refusal } from "./newest-refusal.ts";

/** Why an aggregator's pod or claim is not made, by what the hub's API server said; the first that fits. */
const refusals: readonly Refusal[] = [
  {
    pattern: /exceeded quota|failed quota/u,
    reason: Reason.QuotaExceeded,
    remedy: "raise the ResourceQuota of the job's namespace on the hub",
  },
  {
    pattern: /violates PodSecurity/u,
    reason: Reason.PodSecurityRefused,
    remedy: "lower the pod security level of the job's namespace on the hub",
  },
  {
    pattern: /./u,
    reason: Reason.PodRefused,
    remedy: "correct what refuses or holds the name in the job's namespace on the hub",
  },
];

/**
 * Why a StatefulSet has no pod, asked of its events: nothing else tells it. Undefined when they do not say, when its pod was made
 * since and has gone again, or when the operator may not read them: they only explain.
 */
export async function findStartRefusal(
  statefulSet: Unstructured,
  client: ApiClient,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const { namespace, uid } = statefulSet.metadata;
  const fieldSelector = `involvedObject.uid=${uid}`;
  try {
    const events = await client.list<Unstructured>(Kinds.CoreEvent, { namespace, fieldSelector, signal });
    const madeMs = Math.max(0, ...events.filter(({ reason }) => reason === "SuccessfulCreate").map(lastSeenMs));
    return newestRefusal(
      { object: statefulSet, kind: "StatefulSet", refusals, otherwise: "describe the StatefulSet" },
      // In the second in which its claim was made its pod may have been refused.
      events.filter((event) => event.reason === "FailedCreate" && lastSeenMs(event) >= madeMs),
    );
  } catch (error) {
    if (isTributaryError(error)) return undefined;
    throw error;
  }
}
