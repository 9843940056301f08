import type { GateCa } from "./arguments.ts";

/** What `kubectl tributary join` registers. */
export interface JoinRequest {
  /** Name of the MemberCluster. */
  readonly name: string;
  /** Account in the member that the hub acts as. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
  /** The gate's CA, as the member's admin handed it over. */
  readonly gateCa: GateCa;
  /** Which member namespace serves which hub namespace. */
  readonly namespaces: readonly { readonly hub: string; readonly member: string }[];
  /** Cloud provider; that of an earlier registration when left out. */
  readonly provider?: string | undefined;
  /** Region of the provider; that of an earlier registration when left out. */
  readonly region?: string | undefined;
  /** Organisation that the hub counts the cluster for; that of an earlier registration when left out. */
  readonly organisation?: string | undefined;
  /** Namespace of the operator on the hub. */
  readonly operatorNamespace: string;
  /** Whether the name may lead to another cluster than it did. */
  readonly mayBeAnotherCluster: boolean;
  /** Life of the hub's token in seconds; the operator renews it while it can. */
  readonly tokenSeconds: number;
  readonly route: HubRoute;
}

/** How the hub reaches the member, where that differs from how the member's admin does. */
export interface HubRoute {
  /** Address of the member's API server. */
  readonly apiServer?: string | undefined;
  /** Name to expect in the API server's certificate. */
  readonly serverName?: string | undefined;
  /** HTTP proxy; `none` for no proxy. */
  readonly proxyUrl?: string | undefined;
}
