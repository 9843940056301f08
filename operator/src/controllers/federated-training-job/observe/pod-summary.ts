import type { Unstructured } from "../../../runtime/api/object.ts";
import { jobNameLabel } from "../../shared/keep-metadata.ts";
import { isActive, podStatus } from "./pod-status.ts";
import { findWorkerProblems, type SeenRunning, type WorkerProblems } from "./worker-problem.ts";

/** How the worker pods of a seat fare. */
export interface PodSummary {
  readonly active: number;
  /** Pods that ended badly. */
  readonly ended: number;
  /** What is wrong with them; absent without a batch Job. */
  readonly problems?: WorkerProblems;
}

interface Known {
  readonly batchJob: Unstructured | undefined;
  readonly events: readonly Unstructured[];
  readonly workers: number;
  readonly summary: PodSummary;
}

/** Summaries by the array of pods that they were made of: a cache gives the same one until a pod of the seat changed. */
const summaries = new WeakMap<readonly Unstructured[], Known>();

/** Sums up the pods of one seat, once for each state of them, since a job may have 25,600. */
export function summarisePods(
  pods: readonly Unstructured[],
  batchJob: Unstructured | undefined,
  events: readonly Unstructured[],
  workers: number,
  seenRunning: SeenRunning,
): PodSummary {
  const known = summaries.get(pods);
  const isCurrent = known?.batchJob === batchJob && known?.workers === workers && areSame(known.events, events);
  // Only a cause that its successor outlives changes by time alone.
  if (known !== undefined && isCurrent && known.summary.problems?.recentCause === undefined) return known.summary;
  const own = pods.filter((pod) => isOf(batchJob, pod));
  const summary = {
    active: own.filter(isActive).length,
    ended: own.filter((pod) => podStatus(pod).phase === "Failed").length,
    ...(batchJob && { problems: findWorkerProblems(batchJob, own, events, workers, seenRunning) }),
  };
  summaries.set(pods, { batchJob, events, workers, summary });
  return summary;
}

function areSame(left: readonly Unstructured[], right: readonly Unstructured[]): boolean {
  return left.length === right.length && left.every((event, index) => event === right[index]);
}

function isOf(batchJob: Unstructured | undefined, { metadata }: Unstructured): boolean {
  const name = metadata.labels?.[jobNameLabel];
  return batchJob === undefined || name === undefined || name === batchJob.metadata.name;
}
