/** Metadata of an object of the Kubernetes API, as far as Tributary reads or writes it. */
export interface ObjectMeta {
  /** Name, unique in the namespace. */
  name: string;
  /** Namespace; absent for cluster-scoped objects. */
  namespace?: string;
  /** Uid, set by the API server. */
  uid?: string;
  /** Version of the object, set by the API server; opaque. */
  resourceVersion?: string;
  /** Counts changes of the spec. */
  generation?: number;
  /** When the object was made, RFC 3339. */
  creationTimestamp?: string;
  /** When deletion was asked for, RFC 3339. */
  deletionTimestamp?: string;
  /** Labels. */
  labels?: Record<string, string>;
  /** Annotations. */
  annotations?: Record<string, string>;
  /** Names that must be removed before the object goes. */
  finalizers?: string[];
  /** Owners in the same cluster. */
  ownerReferences?: {
    apiVersion: string;
    kind: string;
    name: string;
    uid: string;
    controller?: boolean;
    blockOwnerDeletion?: boolean;
  }[];
}
