import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { KubeObject, Unstructured } from "../../runtime/api/object.ts";
import type { FoundPlace } from "../shared/place.ts";

/** A cause by which a member cannot be used. */
export interface MemberProblem {
  /** Reason, a stable word. */
  readonly reason: string;
  /** One sentence with the object and the remedy. */
  readonly message: string;
}

/** A member as other controllers see it. */
export type MemberState = (
  | {
      readonly state: "unreachable";
      readonly problem: MemberProblem;
      readonly sinceMs: number;
      readonly heardMs?: number;
    }
  | { readonly state: "reachable"; readonly heardMs: number; readonly client: ApiClient; readonly view: MemberView }
) & {
  /** Its MemberCluster is being deleted: what is there can be looked at and removed, nothing new is placed. */
  readonly isLeaving?: true;
  /** Uid of the cluster that the present link leads to, once it was asked and where it says so. */
  readonly clusterUid?: string;
};

/** Cached objects of a member: only those that this hub made, and the runtimes that the member offers. */
export interface MemberView {
  /** Anchors, batch Jobs or pods of one seat in one namespace: the same array until one of them changed. */
  readonly objectsOf: (
    kind: "configMaps" | "jobs" | "pods",
    namespace: string,
    jobUid: string,
    participant: string,
  ) => readonly Unstructured[];
  /** Events of the batch Job of a uid in one namespace: refused pods. */
  readonly eventsOf: (namespace: string, batchJobUid: string) => Unstructured[];
  /** Where anchors or batch Jobs say that they are of a job. */
  readonly placesOf: (jobUid: string) => FoundPlace[];
  /** All pods of this hub in one namespace. */
  readonly podsIn: (namespace: string) => Unstructured[];
  /** PodTemplates of one namespace. */
  readonly podTemplates: (namespace: string) => Unstructured[];
}

/** The member clusters by name. */
export interface MemberDirectory {
  /**
   * State of a member; undefined when no MemberCluster has this name. With a namespace of the member it is the state of that
   * namespace: reachable only while its caches are complete, since an empty cache that was never read looks like an empty
   * namespace. Whoever reads the view names the namespace.
   */
  readonly stateOf: (cluster: string, namespace?: string) => MemberState | undefined;
}

/** A kind of change in a member that a job should be looked at for. */
export interface MemberChange {
  /** Member cluster in which something changed. */
  readonly cluster: string;
  /** What kind of object it is. */
  readonly kind: "configMaps" | "jobs" | "pods" | "podTemplates" | "events";
  /** Object that changed. */
  readonly object: KubeObject;
}
