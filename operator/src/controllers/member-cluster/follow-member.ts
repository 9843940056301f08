import { Kinds, Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { FollowedParts } from "../../members/member-link.ts";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";
import { resourceName } from "../../runtime/api/resource.ts";
import { createInformer, type Informer } from "../../runtime/cache/informer.ts";
import { callDeadlineMs } from "../shared/call-deadline.ts";
import { isNamespaceGone } from "../shared/namespace-gone.ts";
import type { FoundPlace } from "../shared/place.ts";
import { isWrittenByUs } from "../shared/written-by-us.ts";
import { type FollowedNamespace, followNamespace, jobIndex, type NamespaceHealth } from "./follow-namespace.ts";
import type { FollowOptions } from "./follow-options.ts";
import type { MemberView } from "./member-directory.ts";
import { createNodeTrimmer, type NodeTotals, sumOffers, type TrimmedNode } from "./node-offers.ts";

/** What the nodes of a member offer, or why that is not known. */
export type NodesView =
  | { readonly state: "connecting" }
  | { readonly state: "known"; readonly totals: NodeTotals }
  | { readonly state: "failed"; readonly error: TributaryError };

/** A member as its controller sees it: the view of others, and the health of each part. */
export interface FollowedMember extends MemberView {
  /** Follows exactly these namespaces from now on; those that stay are not disturbed. */
  setNamespaces(names: readonly string[]): void;
  /** How a namespace is; undefined when it is not followed. */
  healthOf(namespace: string): NamespaceHealth | undefined;
  nodes(): NodesView;
}

/** Nodes per page: their answer has about ten thousand bytes each. */
const nodePageSize = 100;

/**
 * Caches of what this hub made in a member and of the runtimes that the member offers, namespace by namespace, and of what its
 * nodes offer. They follow our objects, not the cluster.
 */
export function followMember(
  client: ApiClient,
  options: FollowOptions,
): { readonly view: FollowedMember; readonly parts: FollowedParts } {
  const followed = new Map<string, FollowedNamespace>();
  const nodes = followNodes(client, options);
  const running = new Set<Promise<void>>();
  const untrack = new Map<string, (() => void)[]>();
  let isRunning = false;

  function start(name: string, namespace: FollowedNamespace): void {
    untrack.set(
      name,
      namespace.informers.map((informer) => options.track(informer as Informer<never>)),
    );
    const run = namespace.run().finally(() => running.delete(run));
    running.add(run);
  }

  function end(name: string, namespace: FollowedNamespace): void {
    namespace.stop();
    for (const forget of untrack.get(name) ?? []) forget();
    untrack.delete(name);
  }

  function setNamespaces(names: readonly string[]): void {
    for (const [name, namespace] of [...followed]) {
      if (names.includes(name)) continue;
      end(name, namespace);
      followed.delete(name);
    }
    for (const name of names) {
      if (followed.has(name)) continue;
      const namespace = followNamespace(client, options, name);
      followed.set(name, namespace);
      if (isRunning) start(name, namespace);
    }
  }

  setNamespaces(options.namespaces);
  return {
    view: {
      setNamespaces,
      healthOf: (namespace) => followed.get(namespace)?.health(),
      objectsOf: (kind, namespace, jobUid, participant) =>
        followed.get(namespace)?.seats[kind](jobUid, participant) ?? [],
      eventsOf: (namespace, uid) => followed.get(namespace)?.objects.events.byIndex(jobIndex, uid) ?? [],
      placesOf: (jobUid) => [...followed].flatMap(([name, namespace]) => placesIn(name, namespace, jobUid)),
      podsIn: (namespace) => followed.get(namespace)?.objects.pods.list() ?? [],
      podTemplates: (namespace) => followed.get(namespace)?.objects.podTemplates.list() ?? [],
      nodes: () => nodesView(nodes),
    },
    parts: {
      async run(signal) {
        isRunning = true;
        const untrackNodes = options.track(nodes as unknown as Informer<never>);
        for (const [name, namespace] of followed) start(name, namespace);
        await nodes.run(signal);
        isRunning = false;
        untrackNodes();
        // What was read stays readable: a reconcile that still holds the view must not take a closed link for an empty member.
        for (const [name, namespace] of followed) end(name, namespace);
        await Promise.all(running);
      },
      async whenUsable(signal) {
        const namespaces = [...followed.values()];
        await Promise.all(namespaces.map((namespace) => namespace.whenSettled(signal)));
        const failure = firstFailure(client.cluster, namespaces);
        // A member of which only the namespaces are gone answers all the same: that they are gone can only be asked there.
        if (failure !== undefined && !(await areAllGone(client, followed, signal))) throw failure;
      },
    },
  };
}

async function areAllGone(
  client: ApiClient,
  followed: ReadonlyMap<string, FollowedNamespace>,
  signal: AbortSignal,
): Promise<boolean> {
  const gone = [...followed].map(([name, namespace]) => {
    const health = namespace.health();
    const call = { signal, deadlineMs: callDeadlineMs };
    return health.state === "failed" && isNamespaceGone(client, name, health.error, call);
  });
  return (await Promise.all(gone)).every(Boolean);
}

/** Participants of a job that have an anchor or a batch Job of ours in a namespace, each name of such an object once. */
function placesIn(
  namespace: string,
  { objects: { configMaps, jobs } }: FollowedNamespace,
  jobUid: string,
): FoundPlace[] {
  const objects = [configMaps, jobs].flatMap((cache) => cache.byIndex(jobIndex, jobUid)).filter(isWrittenByUs);
  const places = new Map<string, FoundPlace>();
  for (const { metadata } of objects) {
    const { name, labels } = metadata;
    const participant = labels?.[Label.Participant];
    if (participant !== undefined) places.set(`${participant}/${name}`, { participant, namespace, name });
  }
  return [...places.values()];
}

/** Why no namespace can be used; undefined when one can, or when none is followed. */
function firstFailure(cluster: string, namespaces: readonly FollowedNamespace[]): TributaryError | undefined {
  const all = namespaces.map((namespace) => namespace.health());
  if (all.length === 0 || all.some(({ state }) => state === "ready")) return undefined;
  const failed = all.find((health) => health.state === "failed");
  if (failed !== undefined) return failed.error;
  const remedy = "check the API server's health and the line to it";
  return new TributaryError(
    "MEMBER_UNREACHABLE",
    `cluster "${cluster}": no namespace could be read in time; ${remedy}`,
    {
      details: { cluster, reason: "CachesNotSynced", remedy },
    },
  );
}

function followNodes(client: ApiClient, options: FollowOptions): Informer<TrimmedNode> {
  const trim = createNodeTrimmer();
  return createInformer<TrimmedNode>({
    client,
    resource: Kinds.Node,
    transform: (node) => trim(node as KubeObject as never),
    freeze: false,
    onError: options.onError,
    report: options.watchReports(client.cluster, resourceName(Kinds.Node)),
    tuning: { pageSize: nodePageSize },
  });
}

function nodesView(nodes: Informer<TrimmedNode>): NodesView {
  const error = nodes.lastFailure();
  if (error !== undefined && (error.disposition !== "transient" || !nodes.hasSynced()))
    return { state: "failed", error };
  if (!nodes.hasSynced()) return { state: "connecting" };
  return { state: "known", totals: sumOffers(nodes.objects.list()) };
}
