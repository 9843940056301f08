import { Reason } from "@tributary/contracts";
import { asTributaryError, catalogue, type ErrorCode } from "@tributary/kit";
import type { MemberProblem } from "./member-directory.ts";

/** Codes whose remedy is another kubeconfig: the Secret that holds it is named. */
const inKubeconfig: readonly ErrorCode[] = ["KUBECONFIG_INVALID", "CREDENTIAL_REJECTED"];

/** An error of a call to a member as the condition that people read; `secretName` holds the member's kubeconfig. */
export function describeFailure(error: unknown, cluster: string, secretName?: string): MemberProblem {
  const known = asTributaryError(error);
  const entry = catalogue[known.code];
  const isOurs = known.code === "INVARIANT_BROKEN";
  const reason = isOurs || entry.disposition === "transient" ? Reason.ClusterUnreachable : entry.reason;
  const where = secretName !== undefined && inKubeconfig.includes(known.code) ? ` (Secret ${secretName})` : "";
  return { reason, message: `MemberCluster ${cluster}${where}: ${known.message}`.slice(0, 900) };
}
