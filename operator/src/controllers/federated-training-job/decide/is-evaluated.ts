import type { AggregatorReport } from "../snapshot.ts";

/** Whether the window that ends the job, which only evaluates, is over: no round follows. */
export function isEvaluated({ endedWindow }: AggregatorReport): boolean {
  return endedWindow?.evaluateOnly ?? false;
}
