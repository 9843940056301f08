import type { KubernetesObject } from "../../federated-training-job/plan.ts";

interface BatchJob {
  readonly metadata: { readonly generation?: number };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Fields that end a batch Job or make its pods otherwise, that others may change while it exists, and that the hub may not put back. */
const driftingFields = [
  "activeDeadlineSeconds",
  "backoffLimit",
  "maxFailedIndexes",
  "podReplacementPolicy",
  "ttlSecondsAfterFinished",
] as const;

/** What an API server puts in place of fields that are not given, beside `backoffLimitPerIndex`. */
const defaults: Readonly<Record<string, unknown>> = { backoffLimit: 2_147_483_647 };

/**
 * Fields that somebody changed of a batch Job after it was made, and that only another batch Job can mend, each with its value; empty
 * when there are none. What differs in the first generation was put there by the member while the Job was created, for example
 * by a mutating policy that gives each Job a time to live: it would do so again, and one Job after another would be made.
 */
export function describeDrift(live: object, rendered: KubernetesObject): string {
  const [is, wanted] = [live as BatchJob, rendered as object as BatchJob];
  if ((is.metadata.generation ?? 1) <= 1) return "";
  const readField = ({ spec }: BatchJob, field: string): unknown => spec?.[field] ?? defaults[field];
  const drifted = driftingFields.filter((field) => readField(is, field) !== readField(wanted, field));
  return drifted.map((field) => `${field}: ${String(readField(is, field) ?? "absent")}`).join(", ");
}
