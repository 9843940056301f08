import { Kinds, type MemberCluster } from "@tributary/contracts";
import { asTributaryError, isTributaryError, type TributaryError } from "@tributary/kit";
import { readKubeconfigSecret, type SecretObject } from "../../members/kubeconfig-secret.ts";
import type { ApiClient } from "../../runtime/api/api-client.ts";

/** What a member's Secret says now. */
export type SecretReading =
  | { readonly state: "found"; readonly kubeconfig: string; readonly version: SecretVersion }
  /** Without the Secret, or without a kubeconfig in it, nobody allows that the member is used. */
  | { readonly state: "revoked"; readonly error: TributaryError }
  /** The hub did not say; nothing is concluded from that. */
  | { readonly state: "unread"; readonly error: TributaryError };

/** Which state of which Secret a kubeconfig was read from. */
export interface SecretVersion {
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

/** Reads the kubeconfig of a member from the hub. */
export async function readCredential(
  hub: ApiClient,
  namespace: string,
  member: MemberCluster,
  signal: AbortSignal,
): Promise<SecretReading> {
  const { secretName: name } = member.spec.access.kubeconfig;
  let secret: SecretObject | undefined;
  try {
    secret = await hub.get<SecretObject>(Kinds.Secret, { namespace, name }, { signal });
  } catch (error) {
    return { state: "unread", error: asTributaryError(error) };
  }
  try {
    const kubeconfig = readKubeconfigSecret(name, secret);
    const { uid, resourceVersion } = secret?.metadata ?? {};
    return { state: "found", kubeconfig, version: { uid, resourceVersion } };
  } catch (error) {
    if (isTributaryError(error)) return { state: "revoked", error };
    throw error;
  }
}
