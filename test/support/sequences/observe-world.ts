import { Kinds, Label } from "@tributary/contracts";
import type { ApiClient, KubeObject, Resource, Unstructured } from "@tributary/operator";
import type { Disturbance } from "./perform-event.ts";
import { type MemberName, memberNames } from "./sequence-jobs.ts";
import type { SequenceWorld } from "./sequence-world.ts";

/** A condition as objects carry it. */
export interface SeenCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** A job as the judge sees it. */
export interface SeenJob extends KubeObject {
  readonly spec: {
    readonly suspend?: boolean;
    readonly trainer: { readonly runtime: string };
    readonly participants: readonly { readonly name: string; readonly cluster: string }[];
    readonly schedule: { readonly synchronous: { readonly quorum: number } };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly SeenCondition[];
    readonly clusters?: readonly { readonly participant: string; readonly cluster: string; readonly reason?: string }[];
    readonly placements?: readonly { readonly cluster: string; readonly namespace: string; readonly name: string }[];
  };
}

/** A MemberCluster as the judge sees it. */
export interface SeenMember extends KubeObject {
  readonly status?: { readonly conditions?: readonly SeenCondition[] };
}

/** An object that carries the label of a job. */
export interface SeenObject {
  readonly cluster: "hub" | MemberName;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly jobUid: string;
  readonly component: string;
  readonly participant: string;
  readonly isReady: boolean;
}

/** Everything that can be known of a moment, in one value. */
export interface SeenWorld {
  readonly jobs: readonly SeenJob[];
  readonly memberClusters: readonly SeenMember[];
  readonly objects: readonly SeenObject[];
  /** Objects of others as they were made, and as they are; undefined when they are gone. */
  readonly foreign: readonly { readonly was: Unstructured; readonly is: Unstructured | undefined }[];
  readonly away: ReadonlySet<MemberName>;
  readonly quotas: ReadonlySet<MemberName>;
  /** Uids of jobs whose finalizers somebody took away. */
  readonly forced: ReadonlySet<string>;
  /** `member/namespace` of every PodTemplate for the runtime `noop`. */
  readonly offers: ReadonlySet<string>;
  /** Namespaces of the hub that have the claim. */
  readonly claims: ReadonlySet<string>;
}

const onHub: readonly Resource[] = [
  Kinds.ConfigMap,
  Kinds.Secret,
  Kinds.Service,
  Kinds.StatefulSet,
  Kinds.Pod,
  Kinds.PersistentVolumeClaim,
  Kinds.TrainingRound,
];
const inMembers: readonly Resource[] = [Kinds.ConfigMap, Kinds.Job, Kinds.Pod];

/** Looks at hub and members as their admins would. */
export async function observeWorld(world: SequenceWorld, disturbed: Disturbance): Promise<SeenWorld> {
  const hub = world.hub.link.client;
  const clientOf = (cluster: "hub" | MemberName) => (cluster === "hub" ? hub : world.members[cluster].link.client);
  const objects = await Promise.all([
    ...onHub.map((resource) => listLabelled(hub, "hub", resource)),
    ...memberNames.flatMap((name) => inMembers.map((resource) => listLabelled(clientOf(name), name, resource))),
  ]);
  const offers = await Promise.all(
    memberNames.map(async (name) => {
      const templates = await clientOf(name).list<KubeObject>(Kinds.PodTemplate);
      return templates.map(({ metadata }) => `${name}/${metadata.namespace}`);
    }),
  );
  const claims = await hub.list<KubeObject>(Kinds.PersistentVolumeClaim);
  return {
    // Read last: what was made for a job that is seen here was seen before.
    objects: objects.flat(),
    foreign: await observeForeign(world, disturbed),
    away: new Set(disturbed.away),
    quotas: new Set(disturbed.quotas),
    forced: new Set(disturbed.forced),
    offers: new Set(offers.flat()),
    claims: new Set(claims.flatMap(({ metadata }) => (metadata.name === "models" ? [metadata.namespace ?? ""] : []))),
    memberClusters: await hub.list<SeenMember>(Kinds.MemberCluster),
    jobs: await hub.list<SeenJob>(Kinds.FederatedTrainingJob),
  };
}

/** Objects of others as they were made and as they are. */
export function observeForeign(world: SequenceWorld, disturbed: Disturbance): Promise<SeenWorld["foreign"]> {
  return Promise.all(
    disturbed.foreign.map(async ({ cluster, resource, object }) => {
      const { namespace, name } = object.metadata;
      const { client } = cluster === "hub" ? world.hub.link : world.members[cluster].link;
      return { was: object, is: await client.get<Unstructured>(resource, { namespace, name }) };
    }),
  );
}

async function listLabelled(client: ApiClient, cluster: "hub" | MemberName, resource: Resource): Promise<SeenObject[]> {
  const found = await client.list<Unstructured>(resource, { labelSelector: Label.JobUid });
  return found.map(({ metadata: { name, namespace = "", labels = {} }, status }) => ({
    cluster,
    kind: resource.kind,
    name,
    namespace,
    jobUid: labels[Label.JobUid] ?? "",
    component: labels[Label.Component] ?? "",
    participant: labels[Label.Participant] ?? "",
    isReady: isReady(status as { conditions?: readonly SeenCondition[] } | undefined),
  }));
}

function isReady(status: { readonly conditions?: readonly SeenCondition[] } | undefined): boolean {
  return status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") === true;
}
