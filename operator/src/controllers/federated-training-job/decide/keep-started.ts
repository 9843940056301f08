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
  if (kept === undefined || configText === undefined) return [];
  const { run } = kept;
  const parts = {
    configMap: renderConfigAsItIs(job, configText, { run, isOpen: isOpen ?? kept.isOpen }),
    statefulSet: (certificateHash: string) =>
      renderAggregatorStatefulSet(job, { run, certificateHash, replicas: 1, configText, configHash }),
  };
  return applyAggregator(snapshot, parts, `aggregator ${jobNames(job).aggregator} is kept as it is`);
}

/** What is said of such an aggregator; nothing of one that there never was. */
export function keptReadiness(snapshot: JobSnapshot): Condition[] {
  const wasTold = conditionOf(snapshot, "AggregationReady") !== undefined;
  return snapshot.hub.kept !== undefined || wasTold ? [aggregationReady(snapshot)] : [];
}
