import { Kinds, Label, type ResourceKind } from "@tributary/contracts";
import type { TributaryError } from "@tributary/kit";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { KubeObject, Unstructured } from "../../runtime/api/object.ts";
import { resourceName } from "../../runtime/api/resource.ts";
import { byLabel } from "../../runtime/cache/index-functions.ts";
import { createInformer, type Informer } from "../../runtime/cache/informer.ts";
import { stripBookkeeping, type Transform } from "../../runtime/cache/transform.ts";
import type { FollowOptions } from "./follow-options.ts";
import { bySeat, readSeats, type SeatObjects, seatIndex } from "./seat-index.ts";
import { slimAnchor } from "./slim-anchor.ts";
import { slimBatchJob } from "./slim-batch-job.ts";
import { slimEvent } from "./slim-event.ts";
import { slimPod } from "./slim-pod.ts";

/** Kinds of objects that seats consist of. */
export type SeatKind = "configMaps" | "jobs" | "pods";
/** Kinds of objects that are followed in a namespace of a member. */
export type FollowedKind = SeatKind | "podTemplates" | "events";

const kinds: Readonly<Record<FollowedKind, ResourceKind>> = {
  configMaps: Kinds.ConfigMap,
  jobs: Kinds.Job,
  pods: Kinds.Pod,
  podTemplates: Kinds.PodTemplate,
  events: Kinds.CoreEvent,
};

/** Events that say why a Job's pods are not made; only they do. */
const refusals = "involvedObject.kind=Job,reason=FailedCreate";

/** Index of the objects by the uid of their job, and of events by that of the batch Job that they regard. */
export const jobIndex = "job-uid";

/** How one followed namespace is. */
export type NamespaceHealth =
  | { readonly state: "connecting" }
  | { readonly state: "ready" }
  | { readonly state: "failed"; readonly error: TributaryError };

/** The caches of one namespace in a member. */
export interface FollowedNamespace {
  readonly objects: Readonly<Record<FollowedKind, Informer<Unstructured>["objects"]>>;
  /** Its objects by seat. */
  readonly seats: Readonly<Record<SeatKind, SeatObjects>>;
  readonly informers: readonly Informer<Unstructured>[];
  health(): NamespaceHealth;
  /** Resolves once the namespace is ready or refused for good, or `signal` aborts. */
  whenSettled(signal: AbortSignal): Promise<void>;
  /** Follows until it is stopped; never rejects. */
  run(): Promise<void>;
  stop(): void;
}

/** Follows what this hub made in one namespace and the runtimes that the namespace offers, whatever becomes of other namespaces. */
export function followNamespace(client: ApiClient, options: FollowOptions, namespace: string): FollowedNamespace {
  const stopped = new AbortController();
  const waiting = new Set<() => void>();
  let told: NamespaceHealth["state"] = "connecting";
  const follow = (kind: FollowedKind): Informer<Unstructured> => {
    const labelSelector = kind === "podTemplates" ? Label.Runtime : `${Label.Origin}=${options.origin}`;
    const report = options.watchReports(client.cluster, resourceName(kinds[kind]));
    const informer = createInformer<Unstructured>({
      client,
      resource: kinds[kind],
      selection: kind === "events" ? { namespace, fieldSelector: refusals } : { namespace, labelSelector },
      indices: { [jobIndex]: kind === "events" ? byRegarded : byLabel(Label.JobUid), [seatIndex]: bySeat },
      transform: transforms[kind],
      onError: options.onError,
      report(event) {
        report(event);
        if (event.type === "listed" || event.type === "failed") noteHealth();
      },
    });
    informer.listen(({ object }: { object: KubeObject }) =>
      options.onChange({ cluster: client.cluster, kind, object }),
    );
    return informer;
  };
  const followed: Record<FollowedKind, Informer<Unstructured>> = {
    configMaps: follow("configMaps"),
    jobs: follow("jobs"),
    pods: follow("pods"),
    podTemplates: follow("podTemplates"),
    events: follow("events"),
  };
  const informers = Object.values(followed);
  // Events only explain: a member that does not let the hub read them is used all the same.
  const { events: _explaining, ...needed } = followed;
  const read = Object.values(needed);

  function health(): NamespaceHealth {
    const failures = read.map((informer) => informer.lastFailure()).filter((error) => error !== undefined);
    const lasting = failures.find(isLasting);
    if (lasting !== undefined) return { state: "failed", error: lasting };
    if (read.every((informer) => informer.hasSynced())) return { state: "ready" };
    return failures[0] === undefined ? { state: "connecting" } : { state: "failed", error: failures[0] };
  }

  function noteHealth(): void {
    const { state } = health();
    if (isSettled(health())) for (const settle of [...waiting]) settle();
    if (state === told) return;
    told = state;
    options.onHealth(client.cluster);
  }

  return {
    objects: {
      configMaps: followed.configMaps.objects,
      jobs: followed.jobs.objects,
      pods: followed.pods.objects,
      podTemplates: followed.podTemplates.objects,
      events: followed.events.objects,
    },
    seats: {
      configMaps: readSeats(followed.configMaps),
      jobs: readSeats(followed.jobs),
      pods: readSeats(followed.pods),
    },
    informers,
    health,
    whenSettled(signal) {
      if (isSettled(health()) || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const settle = (): void => {
          waiting.delete(settle);
          signal.removeEventListener("abort", settle);
          resolve();
        };
        waiting.add(settle);
        signal.addEventListener("abort", settle, { once: true });
      });
    },
    async run() {
      await Promise.all(informers.map((informer) => informer.run(stopped.signal)));
    },
    stop: () => stopped.abort(new Error(`namespace ${namespace} is not followed any more`)),
  };
}

/** What is kept of each kind: what looks read, and of what others may write no more than a little. A runtime is copied whole. */
const transforms: Readonly<Record<FollowedKind, Transform<Unstructured>>> = {
  configMaps: slimAnchor,
  jobs: slimBatchJob,
  pods: slimPod,
  podTemplates: stripBookkeeping,
  events: slimEvent,
};

function byRegarded(event: Unstructured): string[] {
  const { uid } = (event.involvedObject ?? {}) as { uid?: string };
  return uid === undefined ? [] : [uid];
}

/** A failure that somebody must mend, unlike one of the line: a cache that was complete stays of use meanwhile. */
function isLasting(error: TributaryError): boolean {
  return error.disposition !== "transient";
}

function isSettled(health: NamespaceHealth): boolean {
  return health.state === "ready" || (health.state === "failed" && isLasting(health.error));
}
