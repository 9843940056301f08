import type { ResourceKind } from "@tributary/contracts";
import type { Condition, Placement, WindowPlan } from "./snapshot.ts";

/** A Kubernetes object as it is applied. */
export interface KubernetesObject {
  readonly [field: string]: unknown;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly [field: string]: unknown; readonly name: string; readonly namespace?: string };
}

/** One effect. Each is idempotent, has its target in it and says why it is done. */
export type Action =
  | { readonly type: "add-finalizer"; readonly why: string }
  | { readonly type: "remove-finalizer"; readonly why: string }
  | { readonly type: "ensure-certificates"; readonly serverName: string; readonly why: string }
  | { readonly type: "apply-hub"; readonly kind: ResourceKind; readonly object: KubernetesObject; readonly why: string }
  | {
      readonly type: "delete-hub";
      readonly kind: ResourceKind;
      readonly namespace: string;
      readonly name: string;
      readonly why: string;
    }
  | {
      readonly type: "open-window";
      readonly window: WindowPlan;
      readonly trainingRound: KubernetesObject;
      readonly why: string;
    }
  | { readonly type: "finish-job"; readonly outcome: "Complete" | "Failed"; readonly why: string }
  | { readonly type: "delete-job"; readonly why: string };

/** Something that happened, told to people once the status is written. */
export interface PlannedEvent {
  readonly type: "Normal" | "Warning";
  /** Reason, a stable word. */
  readonly reason: string;
  /** One sentence. */
  readonly note: string;
}

/** What the status of a job says of its objects in members. State, not cache. */
export interface PlacementRecord {
  readonly placements: readonly Placement[];
  /** Clusters in which objects of the job may lie that no placement names. */
  readonly unsearchedClusters: readonly string[];
}

/** What a decision wants done. */
export interface Plan {
  readonly actions: readonly Action[];
  readonly conditions: readonly Condition[];
  /** Where objects of the job may lie in members: what the seats' controller acts on once it is written. */
  readonly record: PlacementRecord;
  readonly events: readonly PlannedEvent[];
  /** Longest time until the next look, in milliseconds; undefined waits for a change. */
  readonly requeueAfterMs?: number;
}
