import {
  type FederatedTrainingJob,
  Kinds,
  Label,
  type MemberCluster,
  type ResourceKind,
  type TrainingRound,
} from "@tributary/contracts";
import type { Logger } from "@tributary/kit";
import type { ApiClient } from "../runtime/api/api-client.ts";
import type { KubeObject, Unstructured } from "../runtime/api/object.ts";
import { resourceName } from "../runtime/api/resource.ts";
import { byLabel, byOwnerUid, byUid } from "../runtime/cache/index-functions.ts";
import { createInformer, type Informer } from "../runtime/cache/informer.ts";
import type { RuntimeMetrics } from "../runtime/observe/runtime-metrics.ts";

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
  const follow = <T extends KubeObject>(kind: ResourceKind, labelSelector?: string): Informer<T> => {
    const informer = createInformer<T>({
      client,
      resource: kind,
      onError: (error, key) => log.error({ err: error, object: key }, "a listener failed"),
      report: series.watchReports("hub", resourceName(kind)),
      ...(labelSelector === undefined ? {} : { selection: { labelSelector } }),
      indices: { "job-uid": byLabel(Label.JobUid), owner: byOwnerUid, uid: byUid },
    });
    series.trackInformer(informer);
    return informer;
  };
  return {
    jobs: follow(Kinds.FederatedTrainingJob),
    members: follow(Kinds.MemberCluster),
    rounds: follow(Kinds.TrainingRound),
    services: follow(Kinds.Service, ours),
    statefulSets: follow(Kinds.StatefulSet, ours),
    configMaps: follow(Kinds.ConfigMap, ours),
    pods: follow(Kinds.Pod, ours),
  };
}
