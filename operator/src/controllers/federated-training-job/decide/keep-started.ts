import { Kinds, type ResourceKind } from "@tributary/contracts";
import type { Action, KubernetesObject } from "../plan.ts";
import { renderAggregatorService, renderAggregatorStatefulSet, renderConfigAsItIs } from "../render/aggregator.ts";
import type { KeptRun } from "../render/frozen-run.ts";
import { jobNames } from "../render/names.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { aggregationReady } from "./aggregation.ts";
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
  const { kept, configText, certificateHash, configHash, ledgerProblem } = hub;
  if (kept === undefined || configText === undefined) return [];
  const { serverName, aggregator } = jobNames(job);
  const { run } = kept;
  const apply = (kind: ResourceKind, object: KubernetesObject): Action => ({
    type: "apply-hub",
    kind,
    object,
    why: `aggregator ${aggregator} is kept as it is`,
  });
  const why = "aggregator and operator know each other by certificates of the job CA";
  return [
    ...(hub.caPem === undefined || hub.caSecretPresent !== true
      ? [{ type: "ensure-certificates" as const, serverName, why }]
      : []),
    apply(Kinds.ConfigMap, renderConfigAsItIs(job, configText, { run, isOpen: isOpen ?? kept.isOpen })),
    apply(Kinds.Service, renderAggregatorService(job)),
    ...(certificateHash === undefined || ledgerProblem !== undefined
      ? []
      : [
          apply(
            Kinds.StatefulSet,
            renderAggregatorStatefulSet(job, { run, certificateHash, replicas: 1, configText, configHash }),
          ),
        ]),
  ];
}

/** What is said of such an aggregator; nothing of one that there never was. */
export function keptReadiness(snapshot: JobSnapshot): Condition[] {
  const wasTold = conditionOf(snapshot, "AggregationReady") !== undefined;
  return snapshot.hub.kept !== undefined || wasTold ? [aggregationReady(snapshot)] : [];
}
