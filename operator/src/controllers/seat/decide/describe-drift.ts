import type { KubernetesObject } from "../../federated-training-job/plan.ts";

interface BatchJob {
  readonly metadata: { readonly generation?: number };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
  };
}

/** Fields that end a batch Job or make its pods otherwise, that others may change while it exists, and that the hub may not put back. */
const driftingFields = [
  "activeDeadlineSeconds",
  "backoffLimit",
  "maxFailedIndexes",
  "podReplacementPolicy",
  "ttlSecondsAfterFinished",
] as const;

/** Reasons with which a Job controller ends a batch Job by such a field, each with its field. */
const endings: Readonly<Record<string, (typeof driftingFields)[number]>> = {
  BackoffLimitExceeded: "backoffLimit",
  DeadlineExceeded: "activeDeadlineSeconds",
  MaxFailedIndexesExceeded: "maxFailedIndexes",
};

/** What an API server puts in place of fields that are not given, beside `backoffLimitPerIndex`. */
const defaults: Readonly<Record<string, unknown>> = { backoffLimit: 2_147_483_647 };

/**
 * Fields that somebody changed of a batch Job after it was made, and that only another batch Job can mend, each with its value; empty
 * when there are none. What differs in the first generation was put there by the member while the Job was created, for example
 * by a mutating policy that gives each Job a time to live: it would do so again, and one Job after another would be made.
 */
export function describeDrift(live: object, rendered: KubernetesObject): string {
  const drifted = driftedFields(live, rendered);
  return drifted.map((field) => `${field}: ${String(readField(live, field) ?? "absent")}`).join(", ");
}

/** Whether a batch Job failed by what somebody changed of it, and not by what its workers did. */
export function failedByDrift(live: object, rendered: KubernetesObject): boolean {
  const { conditions = [] } = (live as BatchJob).status ?? {};
  const failed = conditions.find(({ type, status }) => type === "Failed" && status === "True");
  const field = endings[failed?.reason ?? ""];
  return field !== undefined && driftedFields(live, rendered).includes(field);
}

function driftedFields(live: object, rendered: KubernetesObject): readonly (typeof driftingFields)[number][] {
  if (((live as BatchJob).metadata.generation ?? 1) <= 1) return [];
  return driftingFields.filter((field) => readField(live, field) !== readField(rendered, field));
}

function readField(object: object, field: string): unknown {
  return (object as BatchJob).spec?.[field] ?? defaults[field];
}
