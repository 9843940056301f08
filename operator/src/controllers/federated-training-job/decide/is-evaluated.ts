import type { AggregatorReport } from "../snapshot.ts";

/** Whether the last window was evaluated: no round follows. */
export function isEvaluated({ history }: AggregatorReport): boolean {
  return history.at(-1)?.outcome === "Evaluated";
}
