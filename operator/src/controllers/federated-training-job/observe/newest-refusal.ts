import { cutText, Reason } from "@tributary/contracts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { Problem } from "../snapshot.ts";

/** Longest text of a controller that is shown. */
export const saidLimit = 400;

/** One kind of what an API server says when it takes no pod of a controller's, and what helps. */
export interface Refusal {
  readonly pattern: RegExp;
  readonly reason: Reason;
  readonly remedy: string;
}

/** Whose pods are refused, and how that is told. */
export interface Refused {
  readonly object: Unstructured;
  readonly kind: string;
  /** The first that fits counts. */
  readonly refusals: readonly Refusal[];
  /** What helps when the API server gave no reason. */
  readonly otherwise: string;
}

/** Why the newest try to make a pod was refused, from the FailedCreate events that regard its controller. */
export function newestRefusal(
  { object, kind, refusals, otherwise }: Refused,
  events: readonly Unstructured[],
  causeOf: (said: string) => string = (said) => said,
): Problem | undefined {
  const newest = events
    .filter((event) => (event.involvedObject as { uid?: string } | undefined)?.uid === object.metadata.uid)
    .sort((left, right) => lastSeenMs(right) - lastSeenMs(left))[0];
  if (newest === undefined) return undefined;
  const said = String(newest.message ?? "");
  const known = refusals.find(({ pattern }) => pattern.test(said));
  const { reason, remedy } = known ?? { reason: Reason.PodRefused, remedy: otherwise };
  return { reason, message: `${kind} ${object.metadata.name}: ${cutText(causeOf(said), saidLimit)}; ${remedy}` };
}

/** When an event happened last, by the clock of the cluster's control plane; one that repeats is the same event with a later time. */
export function lastSeenMs(event: Unstructured): number {
  const { lastObservedTime } = (event.series ?? {}) as { lastObservedTime?: string };
  const seen = event.lastTimestamp ?? lastObservedTime ?? event.eventTime ?? event.metadata.creationTimestamp ?? "";
  return Date.parse(String(seen)) || 0;
}
