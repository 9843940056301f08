import { Kinds, type ResourceKind } from "@tributary/contracts";
import type { Action, KubernetesObject } from "../plan.ts";
import { renderAggregatorService } from "../render/aggregator.ts";
import { jobNames } from "../render/names.ts";
import type { JobSnapshot } from "../snapshot.ts";

/** What of an aggregator depends on what it runs with; absent where that is not known yet. */
export interface AggregatorParts {
  readonly configMap: KubernetesObject;
  /** Made of the hash of the certificates that its pod starts with. */
  readonly statefulSet: (certificateHash: string) => KubernetesObject;
}

/** Applies all that an aggregator consists of: certificates, configuration, Service, StatefulSet. */
export function applyAggregator({ job, hub }: JobSnapshot, parts: AggregatorParts | undefined, why: string): Action[] {
  const apply = (kind: ResourceKind, object: KubernetesObject): Action => ({ type: "apply-hub", kind, object, why });
  const certificates: Action = {
    type: "ensure-certificates",
    serverName: jobNames(job).serverName,
    why: "aggregator and operator know each other by certificates of the job CA",
  };
  const { certificateHash, ledgerProblem } = hub;
  return [
    ...(hub.caPem === undefined || hub.caSecretPresent !== true ? [certificates] : []),
    ...(parts === undefined ? [] : [apply(Kinds.ConfigMap, parts.configMap)]),
    apply(Kinds.Service, renderAggregatorService(job)),
    // A pod that started before its certificates were made would only start again.
    ...(parts === undefined || certificateHash === undefined || ledgerProblem !== undefined
      ? []
      : [apply(Kinds.StatefulSet, parts.statefulSet(certificateHash))]),
  ];
}
