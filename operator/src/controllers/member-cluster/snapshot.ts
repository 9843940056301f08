import type { MemberCluster } from "@tributary/contracts";
import type { LeftoverReport } from "../collector/leftover-report.ts";
import type { MemberProblem } from "./member-directory.ts";
import type { NodeTotals } from "./node-offers.ts";

/** Everything that is said of one member, from one look. Times are milliseconds since 1970 by the operator's clock. */
export interface MemberSnapshot {
  readonly nowMs: number;
  readonly member: MemberCluster;
  /** Whether the API server answers. */
  readonly link: LinkObservation;
  readonly credential: CredentialObservation;
  /** Namespaces that are mapped, or that may still hold objects of this hub. */
  readonly namespaces: readonly NamespaceObservation[];
  readonly nodes: NodesObservation;
  /** Accelerators that this hub's pods request there. */
  readonly requested: ReadonlyMap<string, number>;
  readonly gate: GateObservation;
  /** What the API server says of itself; absent until it was asked. */
  readonly server?: ServerFacts;
  /** When the credential in use ends, if it says so. */
  readonly expiresAtMs?: number;
  /** What the collector found last since the member answers; absent until it looked. */
  readonly leftovers?: LeftoverReport;
  /** What a deletion waits for; absent while the MemberCluster is not being deleted. */
  readonly waitsFor?: string;
}

/** Whether a member answers. */
export type LinkObservation =
  | { readonly state: "reachable"; readonly heardMs: number }
  | {
      readonly state: "unreachable";
      readonly problem: MemberProblem;
      readonly sinceMs: number;
      readonly heardMs?: number;
    };

/** Whether the newest kubeconfig of a member is the one in use. */
export type CredentialObservation =
  | { readonly state: "in-use" }
  | { readonly state: "unproven"; readonly problem: MemberProblem }
  /** It is not in use; `isOldInUse`: the one before it still is. */
  | { readonly state: "refused"; readonly problem: MemberProblem; readonly isOldInUse: boolean };

/** One namespace of a member. */
export interface NamespaceObservation {
  readonly name: string;
  /** Whether spec.namespaces names it; one that it named before is told of until nothing of this hub is left in it. */
  readonly isMapped: boolean;
  /** What keeps it from being used. */
  readonly problem?: MemberProblem;
}

/** What the nodes offer, or why that is not known. */
export type NodesObservation =
  | { readonly state: "connecting" }
  | { readonly state: "known"; readonly totals: NodeTotals }
  | { readonly state: "failed"; readonly problem: MemberProblem };

/** The CA of the member's gate as spec.gate names it. */
export type GateObservation =
  | { readonly state: "absent" }
  | { readonly state: "invalid"; readonly problem: MemberProblem }
  | { readonly state: "valid"; readonly fingerprint: string; readonly certificates: number; readonly endsMs: number };

/** What an API server says of itself. */
export interface ServerFacts {
  readonly kubernetesVersion: string;
  /** Uid of its kube-system namespace, where it may be read. */
  readonly clusterUid?: string;
  /** Whether it enforces NetworkPolicies, by its gate's word; absent while no namespace is mapped in which that could be read. */
  readonly egress?: EgressObservation;
}

/** Whether a member's cluster enforces NetworkPolicies, as a condition says it. */
export interface EgressObservation {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}
