import { cutText, Reason } from "@tributary/contracts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import type { Problem } from "../snapshot.ts";
import { lastSeenMs, newestRefusal, type Refusal, saidLimit } from "./newest-refusal.ts";

interface JobStatus {
  readonly failedIndexes?: string;
  readonly completedIndexes?: string;
  readonly conditions?: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
  }[];
}

/** Why a Job's pods are not made, by what its API server said; the first that fits. */
const refusals: readonly Refusal[] = [
  {
    pattern: /exceeded quota|failed quota/u,
    reason: Reason.QuotaExceeded,
    remedy:
      "have the member's admin raise the ResourceQuota, or ask for less (spec.participants[].workers, accelerator.count)",
  },
  {
    pattern: /violates PodSecurity/u,
    reason: Reason.PodSecurityRefused,
    remedy: "have the member's admin correct the runtime's PodTemplate or the namespace's pod security level",
  },
  {
    pattern: /./u,
    reason: Reason.PodRefused,
    remedy: "have the member's admin correct the runtime's PodTemplate or what refuses it",
  },
];

/** Why a batch Job failed as a whole; undefined while it has not. */
export function findJobFailure(batchJob: Unstructured): Problem | undefined {
  const { conditions = [] } = (batchJob.status ?? {}) as JobStatus;
  const failed = conditions.find((condition) => condition.type === "Failed" && condition.status === "True");
  if (failed === undefined) return undefined;
  return {
    reason: Reason.WorkerFailed,
    message:
      `Job ${batchJob.metadata.name} failed: ${failed.reason ?? ""} ${cutText(failed.message ?? "", saidLimit)}`.trim(),
  };
}

/** Indexes that failed for good: no other pod is made for them. */
export function failedIndexesOf(batchJob: Unstructured): string[] {
  return listIndexes((batchJob.status as JobStatus | undefined)?.failedIndexes);
}

/** Indexes whose pod ended with exit code 0: no other pod is made for them. */
export function completedIndexesOf(batchJob: Unstructured): string[] {
  return listIndexes((batchJob.status as JobStatus | undefined)?.completedIndexes);
}

/** `1,3-5` in a Job's status are 1, 3, 4 and 5. */
function listIndexes(printed = ""): string[] {
  return printed
    .split(",")
    .filter((part) => part !== "")
    .flatMap((part) => {
      const [first, last = first] = part.split("-").map(Number) as [number, number?];
      return Array.from({ length: Math.max(0, (last ?? first) - first + 1) }, (_none, offset) =>
        String(first + offset),
      );
    });
}

/**
 * Why the newest try to make a pod of a Job was refused, from the Job's FailedCreate events. A pod that was made since, whatever its
 * index, means that the cause is gone: the events stay for an hour.
 */
export function findRefusal(
  batchJob: Unstructured,
  events: readonly Unstructured[],
  pods: readonly Unstructured[],
): Problem | undefined {
  const newestPodMs = Math.max(...pods.map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? "") || 0), 0);
  const since = events.filter((event) => lastSeenMs(event) > newestPodMs);
  const refused = { object: batchJob, kind: "Job", refusals, otherwise: "describe the Job in the member" };
  // The names of pods are random: a message with one would be news at each try.
  return newestRefusal(refused, since, (said) =>
    said.replace(/^Error creating: /u, "").replace(/pods "[^"]*"/u, "its pods"),
  );
}
