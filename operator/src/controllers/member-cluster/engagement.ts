import { Kinds, Label, type ResourceKind } from "@tributary/contracts";
import type { ClusterConnection } from "../../runtime/api/connect-cluster.ts";
import type { Unstructured } from "../../runtime/api/object.ts";
import { byLabel } from "../../runtime/cache/index-functions.ts";
import { createInformer, type Informer } from "../../runtime/cache/informer.ts";
import type { MemberChange, MemberView } from "./member-directory.ts";

type Followed = "configMaps" | "jobs" | "pods" | "podTemplates";

const kinds: Readonly<Record<Followed, ResourceKind>> = {
  configMaps: Kinds.ConfigMap,
  jobs: Kinds.Job,
  pods: Kinds.Pod,
  podTemplates: Kinds.PodTemplate,
};

const jobIndex = "job-uid";

/** What an engagement is made from. */
export interface EngagementOptions {
  readonly connection: ClusterConnection;
  /** Namespaces in the member that the hub may use. */
  readonly namespaces: readonly string[];
  /** Id of this hub: only its own objects are cached. */
  readonly origin: string;
  /** Told of every change of an object of this hub. */
  readonly onChange: (change: MemberChange) => void;
  /** Told of errors that a listener threw. */
  readonly onError: (error: unknown, key: string) => void;
}

/** The watches on one member: caches of what this hub made there and of the runtimes that it offers. */
export class Engagement {
  readonly connection: ClusterConnection;
  readonly view: MemberView;
  readonly #stop = new AbortController();
  readonly #informers: readonly Informer<Unstructured>[];
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: EngagementOptions) {
    this.connection = options.connection;
    const byNamespace = new Map(
      options.namespaces.map((namespace) => [namespace, followNamespace(options, namespace)]),
    );
    this.#informers = [...byNamespace.values()].flatMap((followed) => Object.values(followed));
    this.view = {
      objectsOf: (kind, namespace, jobUid) =>
        byNamespace.get(namespace)?.[kind].objects.byIndex(jobIndex, jobUid) ?? [],
      podsIn: (namespace) => byNamespace.get(namespace)?.pods.objects.list() ?? [],
      podTemplates: (namespace) => byNamespace.get(namespace)?.podTemplates.objects.list() ?? [],
    };
  }

  /** Starts the watches. Call once. */
  start(): void {
    this.#running = Promise.allSettled(this.#informers.map((informer) => informer.run(this.#stop.signal)));
  }

  /** Whether every cache is complete. */
  hasSynced(): boolean {
    return this.#informers.every((informer) => informer.hasSynced());
  }

  /** Ends watches and connections. */
  async close(): Promise<void> {
    this.#stop.abort(new Error("the member is disengaged"));
    await this.connection.close();
    await this.#running;
  }
}

function followNamespace(options: EngagementOptions, namespace: string): Record<Followed, Informer<Unstructured>> {
  const { connection, origin, onChange, onError } = options;
  const follow = (kind: Followed): Informer<Unstructured> => {
    const labelSelector = kind === "podTemplates" ? Label.Runtime : `${Label.Origin}=${origin}`;
    const informer = createInformer<Unstructured>({
      client: connection.client,
      resource: kinds[kind],
      selection: { namespace, labelSelector },
      indices: { [jobIndex]: byLabel(Label.JobUid) },
      onError,
    });
    informer.listen(({ object }) => onChange({ cluster: connection.cluster, object }));
    return informer;
  };
  return {
    configMaps: follow("configMaps"),
    jobs: follow("jobs"),
    pods: follow("pods"),
    podTemplates: follow("podTemplates"),
  };
}
