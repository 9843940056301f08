import type { Unstructured } from "../../../runtime/api/object.ts";
import type { Problem, StartingWorker } from "../snapshot.ts";
import { type EndProblem, endProblem } from "./container-end.ts";
import { completedIndexesOf, failedIndexesOf, findRefusal } from "./job-problem.ts";
import { disruptionProblem, findPodProblem } from "./pod-problem.ts";
import { indexOf, isActive, isRunning, newestFirst, podStatus } from "./pod-status.ts";
import { findStartingWorkers } from "./starting-workers.ts";

/** How long a pod has been seen running by this operator, in milliseconds. */
export type SeenRunning = (pod: Unstructured) => number;

/** What is wrong with the workers of one seat. */
export interface WorkerProblems {
  /** What keeps workers from working now. */
  readonly podProblem?: Problem;
  /** Indexes of the workers that it keeps. */
  readonly blockedIndexes: readonly number[];
  /** Workers whose trainer has not started yet; absent means none. */
  readonly startingWorkers?: readonly StartingWorker[];
  /** Why the run before of a worker ended that works again, until it got further than that run. */
  readonly recentCause?: Problem;
}

/** Least and most time that a cause is told of a worker that runs again, in milliseconds. */
const cureMs = { least: 10_000, most: 600_000 };

/**
 * What is wrong with the workers of a seat, index by index. The newest pod of an index counts; what ended an earlier one
 * stays known until its successor has run for longer.
 */
export function findWorkerProblems(
  batchJob: Unstructured,
  pods: readonly Unstructured[],
  events: readonly Unstructured[],
  workers: number,
  seenRunning: SeenRunning,
): WorkerProblems {
  const byIndex = groupByIndex(pods);
  const failed = failedIndexesOf(batchJob);
  const newest = [...byIndex.values()].map(([pod]) => pod as Unstructured);
  const held = newest.filter((pod) => !isOver(pod) && (!isActive(pod) || findPodProblem([pod]) !== undefined));
  const over = failed.length + completedIndexesOf(batchJob).length;
  const isShort = newest.filter(isActive).length + over < workers;
  const refusal = isShort ? findRefusal(batchJob, events, newest) : undefined;
  const podProblem = findPodProblem(held.filter(isActive)) ?? refusal ?? findPodProblem(newestFirst(held));
  const starting = findStartingWorkers(newest);
  const recent = [...byIndex.values()].map((ofIndex) => recentCause(ofIndex, seenRunning)).find((cause) => cause);
  return {
    blockedIndexes: [...new Set([...failed, ...held.map(indexOf)])].map(Number).filter(Number.isInteger),
    ...(podProblem === undefined ? {} : { podProblem }),
    ...(starting.length === 0 ? {} : { startingWorkers: starting }),
    ...(recent === undefined ? {} : { recentCause: { reason: recent.reason, message: recent.message } }),
  };
}

function groupByIndex(pods: readonly Unstructured[]): Map<string, Unstructured[]> {
  const byIndex = new Map<string, Unstructured[]>();
  for (const pod of newestFirst(pods)) byIndex.set(indexOf(pod), [...(byIndex.get(indexOf(pod)) ?? []), pod]);
  return byIndex;
}

function isOver(pod: Unstructured): boolean {
  return podStatus(pod).phase === "Succeeded";
}

/** A disruption or an unknown exit leaves nothing to say once the successor runs; a cause that names itself does. */
function recentCause(ofIndex: readonly Unstructured[], seenRunning: SeenRunning): EndProblem | undefined {
  const [newest, before] = ofIndex;
  if (newest === undefined || before === undefined || !isActive(newest)) return undefined;
  const isOurs = podStatus(before).phase === "Failed" && disruptionProblem(before) === undefined;
  const cause = isOurs ? endProblem(before) : undefined;
  if (cause === undefined || !cause.isTelling) return undefined;
  const cureAfterMs = Math.min(cureMs.most, Math.max(cureMs.least, cause.lastedMs ?? 0));
  return isRunning(newest) && seenRunning(newest) > cureAfterMs ? undefined : cause;
}
