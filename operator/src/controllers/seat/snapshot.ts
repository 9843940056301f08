import type { FederatedTrainingJob } from "@tributary/contracts";
import type { KubeObject, Unstructured } from "../../runtime/api/object.ts";
import type {
  AggregatorEndpoint,
  Participant,
  Placement,
  Problem,
  TemplateObservation,
} from "../federated-training-job/snapshot.ts";

/** Everything that a decision about the seats of one job in one member cluster is made from. */
export interface SeatsSnapshot {
  /** The job as the hub's API server has it. */
  readonly job: FederatedTrainingJob & KubeObject;
  /** Id of this hub: labels its objects in members. */
  readonly hubId: string;
  readonly cluster: string;
  readonly member: MemberReach;
  /** Whether the job's status asks for a search of this cluster. */
  readonly isUnsearched: boolean;
  /** Where workers reach the aggregator; absent until it has an address and certificates. */
  readonly aggregator?: AggregatorAccess;
  readonly places: readonly PlaceObservation[];
}

/** What the workers of a job need to know of its aggregator. */
export interface AggregatorAccess {
  readonly endpoint: AggregatorEndpoint;
  /** Certificate of the job CA in PEM. */
  readonly caPem: string;
}

/** Whether the member cluster can be worked in. */
export type MemberReach =
  | { readonly state: "missing" }
  | { readonly state: "unreachable"; readonly problem: Problem }
  | {
      readonly state: "reachable";
      /** Namespaces in which objects of this hub may lie. */
      readonly namespaces: readonly string[];
    };

/** One recorded place with what the caches of the member show there. */
export interface PlaceObservation {
  readonly placement: Placement;
  /** The participant as the spec has it now. */
  readonly participant?: Participant;
  /** Why the namespace cannot be read, when it cannot: what its caches lack then proves nothing. */
  readonly unread?: Problem;
  readonly template: TemplateObservation;
  /** The anchor that Tributary wrote; one of its name that somebody else wrote is not shown. */
  readonly anchor?: Unstructured;
  /** The batch Job that Tributary wrote. */
  readonly batchJob?: Unstructured;
  /** Whether the caches show pods of the batch Job that are ending. */
  readonly hasEndingPods: boolean;
  /** Whether the caches show what was made there last. */
  readonly isSettled: boolean;
}
