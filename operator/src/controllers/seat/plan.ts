import type { Unstructured } from "../../runtime/api/object.ts";
import type { KubernetesObject } from "../federated-training-job/plan.ts";
import type { Placement, PlacingReport } from "../federated-training-job/snapshot.ts";

/** One effect in a member cluster. Each is idempotent, has its target in it and says why it is done. */
export type SeatAction =
  /** Makes or mends the anchor and the batch Job that it owns. */
  | {
      readonly type: "place";
      readonly placement: Placement;
      readonly anchor: KubernetesObject;
      readonly batchJob: KubernetesObject;
      /** The anchor as a cache has it. */
      readonly cachedAnchor?: Unstructured;
      readonly why: string;
    }
  /** Removes a batch Job that cannot become what it should be; the next look makes another. */
  | {
      readonly type: "replace";
      readonly placement: Placement;
      readonly uid: string;
      /** What somebody changed of it, when that is why. */
      readonly drift?: string;
      readonly why: string;
    }
  /** Removes what labels find of these places, and confirms those in which nothing is left. */
  | {
      readonly type: "empty";
      readonly namespace: string;
      /** Places of this one namespace. */
      readonly placements: readonly Placement[];
      /** Participants of whom the cache shows pods that are ending: lists would only say the same. */
      readonly withEndingPods: readonly string[];
      readonly why: string;
    }
  /** Looks in all mapped namespaces for objects of the job. */
  | { readonly type: "search"; readonly namespaces: readonly string[]; readonly why: string };

/** What a look at the seats of one job in one member wants done, and what it knows already. */
export interface SeatsPlan {
  readonly actions: readonly SeatAction[];
  readonly report: PlacingReport;
  /** Longest time until the next look, in milliseconds; undefined waits for a change. */
  readonly requeueAfterMs?: number;
}
