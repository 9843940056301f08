import { Kinds } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { CallContext } from "../../runtime/api/api-error.ts";

/**
 * Lets a member that is being deleted take no new batch Job; everything else passes, so that what is there can be looked at, kept
 * right and removed.
 *
 * @throws TributaryError MEMBER_LEAVING
 */
export function refuseNewJobs({ cluster, verb, resource, namespace, name }: CallContext): void {
  if (verb !== "create" || resource.plural !== Kinds.Job.plural || resource.group !== Kinds.Job.group) return;
  throw new TributaryError(
    "MEMBER_LEAVING",
    `Job ${namespace ?? ""}/${name ?? ""} is not made: MemberCluster ${cluster} is being deleted; name another cluster in spec.participants`,
    { details: { cluster, reason: "ClusterLeaving", remedy: "name another cluster in spec.participants" } },
  );
}
