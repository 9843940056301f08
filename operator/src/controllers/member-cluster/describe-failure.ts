import { Reason } from "@tributary/contracts";
import { asTributaryError, catalogue } from "@tributary/kit";
import type { MemberProblem } from "./member-directory.ts";

/** An error of a call to a member as the condition that people read. */
export function describeFailure(error: unknown, cluster: string): MemberProblem {
  const known = asTributaryError(error);
  const entry = catalogue[known.code];
  const isOurs = known.code === "INVARIANT_BROKEN";
  const reason = isOurs || entry.disposition === "transient" ? Reason.ClusterUnreachable : entry.reason;
  return { reason, message: `MemberCluster ${cluster}: ${known.message}`.slice(0, 900) };
}
