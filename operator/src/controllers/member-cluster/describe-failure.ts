import { Reason } from "@tributary/contracts";
import { asTributaryError, catalogue, type ErrorCode } from "@tributary/kit";
import type { MemberProblem } from "./member-directory.ts";

/** Codes whose remedy is another kubeconfig: the Secret that holds it is named. */
const inKubeconfig: readonly ErrorCode[] = ["KUBECONFIG_INVALID", "CREDENTIAL_REJECTED"];

/**
 * An error of a call to a member as the condition that people read; `secretName` holds the member's kubeconfig, `what` says
 * which part of the member it is about.
 */
export function describeFailure(error: unknown, cluster: string, secretName?: string, what?: string): MemberProblem {
  const known = asTributaryError(error);
  const entry = catalogue[known.code];
  const isOurs = known.code === "INVARIANT_BROKEN";
  const reason = isOurs || entry.disposition === "transient" ? Reason.ClusterUnreachable : entry.reason;
  const isNamed = secretName !== undefined && (what !== undefined || inKubeconfig.includes(known.code));
  const where = isNamed ? ` (${what === undefined ? "" : `${what} in `}Secret ${secretName})` : "";
  return { reason, message: `MemberCluster ${cluster}${where}: ${known.message}`.slice(0, 900) };
}
