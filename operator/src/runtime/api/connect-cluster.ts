import { type ApiClient, createApiClient } from "./api-client.ts";
import { type Connection, type ConnectionOptions, createConnection } from "./connection.ts";
import { type CredentialSource, fixedCredential } from "./credential.ts";
import { execCredential } from "./exec-credential.ts";
import { type ApiEndpoint, type ClusterAccess, type KubeconfigPolicy, parseKubeconfig } from "./kubeconfig.ts";

/** One cluster that can be talked to: its client, and the connections under it. */
export interface ClusterConnection {
  /** Name by which the operator knows the cluster. */
  readonly cluster: string;
  readonly client: ApiClient;
  /** Namespace of the kubeconfig's context or of the pod. */
  readonly namespace: string;
  readonly connection: Connection;
  /** Ends every call and watch and closes the sockets. */
  close(): Promise<void>;
}

/** Access with a live credential source, as {@link InClusterAccess} has it. */
export interface SourcedAccess {
  readonly endpoint: ApiEndpoint;
  readonly credentials: CredentialSource;
  readonly namespace?: string;
}

/** What {@link connectCluster} takes besides the access. */
export type ConnectOptions = Omit<ConnectionOptions, "endpoint" | "credentials"> & {
  readonly policy?: KubeconfigPolicy;
};

function credentialsOf(access: ClusterAccess, options: ConnectOptions): CredentialSource {
  if (access.exec === undefined) return fixedCredential(access.credential ?? {});
  return execCredential(access.exec, { endpoint: access.endpoint, ...(options.clock ? { clock: options.clock } : {}) });
}

/**
 * Connects to a cluster by the text of a kubeconfig, a parsed one, or an endpoint with a credential source.
 * Nothing is sent before the first call.
 *
 * @throws TributaryError KUBECONFIG_INVALID
 */
export function connectCluster(
  access: string | ClusterAccess | SourcedAccess,
  options: ConnectOptions,
): ClusterConnection {
  const parsed = typeof access === "string" ? parseKubeconfig(access, options.policy) : access;
  const credentials = "credentials" in parsed ? parsed.credentials : credentialsOf(parsed, options);
  const connection = createConnection({ ...options, endpoint: parsed.endpoint, credentials });
  return {
    cluster: options.cluster,
    client: createApiClient(connection),
    namespace: parsed.namespace ?? "default",
    connection,
    close: () => connection.close(),
  };
}
