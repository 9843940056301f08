import { cutText, Kinds, Reason } from "@tributary/contracts";
import { isTributaryError } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { Problem } from "../snapshot.ts";
import { newestEvent } from "./job-problem.ts";

/** Longest text of a StatefulSet controller that is shown. */
const saidLimit = 400;

/** Why an aggregator's pod or claim is not made, by what the hub's API server said; the first that fits. */
const refusals: readonly { readonly pattern: RegExp; readonly reason: Reason; readonly remedy: string }[] = [
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
 * Why a StatefulSet has no pod, asked of its events: nothing else tells it. Undefined when they do not say, or when the operator
 * may not read them: they only explain.
 */
export async function findStartRefusal(
  statefulSet: Unstructured,
  client: ApiClient,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const { namespace, uid } = statefulSet.metadata;
  const fieldSelector = `involvedObject.uid=${uid},reason=FailedCreate`;
  try {
    const events = await client.list<Unstructured>(Kinds.CoreEvent, { namespace, fieldSelector, signal });
    return describeRefusal(statefulSet, events);
  } catch (error) {
    if (isTributaryError(error)) return undefined;
    throw error;
  }
}

/** What the newest refusal of a StatefulSet's pod or claim says. */
export function describeRefusal(statefulSet: Unstructured, events: readonly Unstructured[]): Problem | undefined {
  const newest = newestEvent(statefulSet, events);
  if (newest === undefined) return undefined;
  const said = String(newest.message ?? "");
  const { reason, remedy } = refusals.find(({ pattern }) => pattern.test(said)) ?? {
    reason: Reason.PodRefused,
    remedy: "describe the StatefulSet",
  };
  return { reason, message: `StatefulSet ${statefulSet.metadata.name}: ${cutText(said, saidLimit)}; ${remedy}` };
}
