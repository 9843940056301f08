import {
  type FederatedTrainingJob,
  Kinds,
  Label,
  type MemberCluster,
  type ResourceKind,
  type TrainingRound,
} from "@tributary/contracts";
import type { Logger } from "@tributary/kit";
import { slimPod } from "../controllers/member-cluster/slim-pod.ts";
import type { ApiClient } from "../runtime/api/api-client.ts";
import type { KubeObject, Unstructured } from "../runtime/api/object.ts";
import { resourceName } from "../runtime/api/resource.ts";
import { byLabel, byOwnerUid, byUid } from "../runtime/cache/index-functions.ts";
import { createInformer, type Informer } from "../runtime/cache/informer.ts";
import type { Transform } from "../runtime/cache/transform.ts";
import type { RuntimeMetrics } from "../runtime/observe/runtime-metrics.ts";
import { slimAggregatorPart, slimOwnKind } from "./slim-hub-object.ts";

/** What the operator follows on its hub: its own kinds, and the objects that it made there. */
export interface HubInformers {
  readonly jobs: Informer<FederatedTrainingJob & KubeObject>;
  readonly members: Informer<MemberCluster & KubeObject>;
  readonly rounds: Informer<TrainingRound & KubeObject>;
  readonly services: Informer<Unstructured>;
  readonly statefulSets: Informer<Unstructured>;
  readonly configMaps: Informer<Unstructured>;
  readonly pods: Informer<Unstructured>;
}

const ours = "app.kubernetes.io/managed-by=tributary";

/** Makes the informers of the hub; nothing is sent before they run. */
export function followHub(client: ApiClient, series: RuntimeMetrics, log: Logger): HubInformers {
  const follow = <T extends KubeObject>(
    kind: ResourceKind,
    transform: Transform<T>,
    labelSelector?: string,
  ): Informer<T> => {
    const informer = createInformer<T>({
      client,
      resource: kind,
      transform,
      onError: (error, key) => log.error({ err: error, object: key }, "a listener failed"),
      report: series.watchReports("hub", resourceName(kind)),
      ...(labelSelector === undefined ? {} : { selection: { labelSelector } }),
      indices: { "job-uid": byLabel(Label.JobUid), owner: byOwnerUid, uid: byUid },
    });
    series.trackInformer(informer);
    return informer;
  };
  return {
    jobs: follow(Kinds.FederatedTrainingJob, slimOwnKind),
    members: follow(Kinds.MemberCluster, slimOwnKind),
    rounds: follow(Kinds.TrainingRound, slimOwnKind),
    services: follow(Kinds.Service, slimAggregatorPart, ours),
    statefulSets: follow(Kinds.StatefulSet, slimAggregatorPart, ours),
    configMaps: follow(Kinds.ConfigMap, slimAggregatorPart, ours),
    pods: follow(Kinds.Pod, slimPod, ours),
  };
}
