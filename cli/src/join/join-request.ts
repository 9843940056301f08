/** What `kubectl tributary join` registers. */
export interface JoinRequest {
  /** Name of the MemberCluster. */
  readonly name: string;
  /** Account in the member that the hub acts as. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
  /** PEM certificates of the gate's CA, as the member's admin handed them over. */
  readonly gateCaPem: string;
  /** Which member namespace serves which hub namespace. */
  readonly namespaces: readonly { readonly hub: string; readonly member: string }[];
  readonly provider?: string | undefined;
  readonly region?: string | undefined;
  /** Namespace of the operator on the hub. */
  readonly operatorNamespace: string;
  /** Life of the hub's token in seconds; the operator renews it while it can. */
  readonly tokenSeconds: number;
  /** Address of the member's API server as the hub reaches it; the one of the member's kubeconfig when left out. */
  readonly apiServer?: string | undefined;
}
