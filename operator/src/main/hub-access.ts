import { readFileSync } from "node:fs";
import { type InClusterAccess, readInClusterAccess, serviceAccountDirectory } from "../runtime/api/in-cluster.ts";
import { type ClusterAccess, parseKubeconfig } from "../runtime/api/kubeconfig.ts";
import type { IdentityProof } from "../runtime/leader/leader-election.ts";

/** How the operator reaches its hub: as itself, and as the thread that holds its lease. */
export interface HubAccess {
  readonly access: ClusterAccess | InClusterAccess;
  readonly identityProof: IdentityProof;
}

/**
 * Access by the text of a kubeconfig with a token or a client certificate.
 *
 * @throws TributaryError KUBECONFIG_INVALID
 */
export function kubeconfigHubAccess(kubeconfig: string): HubAccess {
  const access = parseKubeconfig(kubeconfig);
  return { access, identityProof: { credential: access.credential ?? {} } };
}

/** Access by the kubeconfig that TRIBUTARY_HUB_KUBECONFIG names, and as the pod's service account where it is not set. */
export async function readHubAccess(env: Readonly<Record<string, string | undefined>>): Promise<HubAccess> {
  const path = env.TRIBUTARY_HUB_KUBECONFIG;
  if (path !== undefined) return kubeconfigHubAccess(readFileSync(path, "utf8"));
  return { access: await readInClusterAccess(env), identityProof: { tokenPath: `${serviceAccountDirectory}/token` } };
}
