import { isRunning } from "./pod-status.ts";
import type { SeenRunning } from "./worker-problem.ts";

const limit = 50_000;

/**
 * Remembers since when each pod runs by our own clock: times in a pod's status are those of its node, whose clock may differ.
 * A new operator starts from nothing, so a cause stays told a little longer. Pods that were asked for longest ago are forgotten.
 */
export function createSeenRunning(monotonicMs: () => number): SeenRunning {
  const since = new Map<string, number>();
  return (pod) => {
    const uid = pod.metadata.uid ?? pod.metadata.name;
    if (!isRunning(pod)) {
      since.delete(uid);
      return 0;
    }
    const startedMs = since.get(uid) ?? monotonicMs();
    since.delete(uid);
    since.set(uid, startedMs);
    const oldest = since.keys().next().value;
    if (since.size > limit && oldest !== undefined) since.delete(oldest);
    return monotonicMs() - startedMs;
  };
}
