import { Kinds, Label, type ResourceKind } from "@tributary/contracts";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { KubeObject, Unstructured } from "../../runtime/api/object.ts";
import { resourceName } from "../../runtime/api/resource.ts";
import { byLabel } from "../../runtime/cache/index-functions.ts";
import { createInformer, type Informer } from "../../runtime/cache/informer.ts";
import type { ReflectorReport } from "../../runtime/cache/reflector.ts";
import type { MemberChange, MemberView } from "./member-directory.ts";

type Kind = "configMaps" | "jobs" | "pods" | "podTemplates";

const kinds: Readonly<Record<Kind, ResourceKind>> = {
  configMaps: Kinds.ConfigMap,
  jobs: Kinds.Job,
  pods: Kinds.Pod,
  podTemplates: Kinds.PodTemplate,
};

const jobIndex = "job-uid";

/** What is followed in a member. */
export interface FollowOptions {
  /** Namespaces in the member that the hub may use. */
  readonly namespaces: readonly string[];
  /** Id of this hub: only its own objects are cached. */
  readonly origin: string;
  /** Told of every change of an object of this hub. */
  readonly onChange: (change: MemberChange) => void;
  /** Makes the listener of an informer's reports, for metrics. */
  readonly watchReports: (cluster: string, kind: string) => (report: ReflectorReport) => void;
  /** Told of errors that a listener threw. */
  readonly onError: (error: unknown, key: string) => void;
}

/** Caches of what this hub made in a member and of the runtimes that the member offers: they follow our objects, not the cluster. */
export function followMember(
  client: ApiClient,
  options: FollowOptions,
): { readonly informers: readonly Informer<KubeObject>[]; readonly view: MemberView } {
  const byNamespace = new Map(
    options.namespaces.map((namespace) => [namespace, followNamespace(client, options, namespace)]),
  );
  return {
    informers: [...byNamespace.values()].flatMap((followed) => Object.values(followed)) as Informer<KubeObject>[],
    view: {
      objectsOf: (kind, namespace, jobUid) =>
        byNamespace.get(namespace)?.[kind].objects.byIndex(jobIndex, jobUid) ?? [],
      podsIn: (namespace) => byNamespace.get(namespace)?.pods.objects.list() ?? [],
      podTemplates: (namespace) => byNamespace.get(namespace)?.podTemplates.objects.list() ?? [],
    },
  };
}

function followNamespace(
  client: ApiClient,
  options: FollowOptions,
  namespace: string,
): Record<Kind, Informer<Unstructured>> {
  const { origin, onChange, onError, watchReports } = options;
  const follow = (kind: Kind): Informer<Unstructured> => {
    const labelSelector = kind === "podTemplates" ? Label.Runtime : `${Label.Origin}=${origin}`;
    const informer = createInformer<Unstructured>({
      client,
      resource: kinds[kind],
      selection: { namespace, labelSelector },
      indices: { [jobIndex]: byLabel(Label.JobUid) },
      onError,
      report: watchReports(client.cluster, resourceName(kinds[kind])),
    });
    informer.listen(({ object }) => onChange({ cluster: client.cluster, object }));
    return informer;
  };
  return {
    configMaps: follow("configMaps"),
    jobs: follow("jobs"),
    pods: follow("pods"),
    podTemplates: follow("podTemplates"),
  };
}
