import { apiGroup, apiVersion } from "../names.ts";

/** How a kind is addressed at an API server. */
export interface ResourceKind {
  /** API group; empty for the core group. */
  readonly group: string;
  /** Version of the group. */
  readonly version: string;
  /** Kind as objects carry it. */
  readonly kind: string;
  /** Plural as paths carry it. */
  readonly plural: string;
  /** Whether objects live in namespaces. */
  readonly namespaced: boolean;
}

function kindOf(group: string, version: string, kind: string, plural: string, namespaced = true): ResourceKind {
  return { group, version, kind, plural, namespaced };
}

/** The kinds that Tributary reads or writes. */
export const Kinds = {
  FederatedTrainingJob: kindOf(apiGroup, apiVersion, "FederatedTrainingJob", "federatedtrainingjobs"),
  MemberCluster: kindOf(apiGroup, apiVersion, "MemberCluster", "memberclusters", false),
  TrainingRound: kindOf(apiGroup, apiVersion, "TrainingRound", "trainingrounds"),
  ConfigMap: kindOf("", "v1", "ConfigMap", "configmaps"),
  Secret: kindOf("", "v1", "Secret", "secrets"),
  Pod: kindOf("", "v1", "Pod", "pods"),
  PodTemplate: kindOf("", "v1", "PodTemplate", "podtemplates"),
  Service: kindOf("", "v1", "Service", "services"),
  Namespace: kindOf("", "v1", "Namespace", "namespaces", false),
  Node: kindOf("", "v1", "Node", "nodes", false),
  ServiceAccount: kindOf("", "v1", "ServiceAccount", "serviceaccounts"),
  PersistentVolumeClaim: kindOf("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
  CoreEvent: kindOf("", "v1", "Event", "events"),
  Event: kindOf("events.k8s.io", "v1", "Event", "events"),
  Job: kindOf("batch", "v1", "Job", "jobs"),
  StatefulSet: kindOf("apps", "v1", "StatefulSet", "statefulsets"),
  Lease: kindOf("coordination.k8s.io", "v1", "Lease", "leases"),
} as const satisfies Record<string, ResourceKind>;

/** Group and version of a kind as objects carry it. */
export function apiVersionOf(kind: ResourceKind): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}
