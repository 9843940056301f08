import type { Action } from "../plan.ts";
import { renderAggregatorStatefulSet, renderConfigAsItIs } from "../render/aggregator.ts";
import type { KeptRun } from "../render/frozen-run.ts";
import { jobNames } from "../render/names.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { aggregationReady } from "./aggregation.ts";
import { applyAggregator } from "./aggregator-actions.ts";
import { conditionOf } from "./verdict.ts";

/** Whether the job had an aggregator when it was accepted: it keeps it, whatever becomes of its spec. */
export function isStarted({ hub, aggregator }: JobSnapshot): boolean {
  return aggregator.state === "heard" || hub.kept !== undefined;
}

/**
 * Mends what a started aggregator consists of, and changes nothing of what it runs with: for a job whose present spec does not
 * count, because it is suspended or not accepted. `isOpen`: what it runs with is taken anew when the job is resumed.
 */
export function keepStarted(snapshot: JobSnapshot, { isOpen }: Partial<Pick<KeptRun, "isOpen">> = {}): Action[] {
  const { job, hub } = snapshot;
  const { kept, configText, configHash } = hub;
  const why = `aggregator ${jobNames(job).aggregator} is kept as it is`;
  // Somebody removed what it runs with: that is not made from a spec that does not count.
  if (kept === undefined || configText === undefined)
    return isStarted(snapshot) ? applyAggregator(snapshot, undefined, why) : [];
  const { run } = kept;
  const parts = {
    configMap: renderConfigAsItIs(job, configText, { run, isOpen: isOpen ?? kept.isOpen }),
    statefulSet: (certificateHash: string) =>
      renderAggregatorStatefulSet(job, { run, certificateHash, replicas: 1, configText, configHash }),
  };
  return applyAggregator(snapshot, parts, why);
}

/** What is said of such an aggregator; nothing of one that there never was. */
export function keptReadiness(snapshot: JobSnapshot): Condition[] {
  const wasTold = conditionOf(snapshot, "AggregationReady") !== undefined;
  return isStarted(snapshot) || wasTold ? [aggregationReady(snapshot)] : [];
}
