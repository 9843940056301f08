import { Kinds, Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { type KubeObject, type ObjectRef, objectKey, type Unstructured } from "../../../runtime/api/object.ts";
import type { Resource } from "../../../runtime/api/resource.ts";
import { aTemplate } from "../../federated-training-job/testing/a-snapshot.ts";
import type { MemberView } from "../../member-cluster/member-directory.ts";
import { slimAnchor } from "../../member-cluster/slim-anchor.ts";
import { slimBatchJob } from "../../member-cluster/slim-batch-job.ts";
import { slimPod } from "../../member-cluster/slim-pod.ts";
import { isWrittenByUs } from "../../shared/written-by-us.ts";
import { aPod } from "./some-seats.ts";

/** A fake of a member cluster, for the steps between two calls that no real one can be stopped at. */
export interface FakeMember {
  readonly client: ApiClient;
  /** What caches show: the member as it was at the last `catchUp`. */
  readonly view: MemberView;
  /** Brings the caches up to date. */
  readonly catchUp: () => void;
  /** `kind namespace/name` of all that the member holds, sorted. */
  readonly holds: () => string[];
  readonly put: (kind: Resource, object: KubeObject) => void;
  readonly find: (kind: Resource, ref: ObjectRef) => Unstructured | undefined;
  /** Namespaces that the hub may not list. */
  readonly shut: Set<string>;
  /** The process is killed at this call, counted from now: before it has an effect, or right after. No later call has one. */
  readonly killAt: (call: number, when: "before" | "after") => void;
  /** Whether the process was killed. */
  readonly isDead: () => boolean;
  /** Another process takes over. */
  readonly revive: () => void;
  /** Calls since the start. */
  readonly calls: () => number;
}

/** Thrown where the process is killed. */
export class ProcessKilled extends Error {}

/** Makes an empty member. Its batch Jobs have one pod each as long as they are there; its garbage collector is at once. */
export function createFakeMember(cluster: string): FakeMember {
  const objects = new Map<string, Unstructured>();
  const shut = new Set<string>();
  let shown = new Map<string, Unstructured>();
  let uids = 0;
  let calls = 0;
  let kill: { readonly at: number; readonly when: "before" | "after" } | undefined;
  let isDead = false;

  const keyOf = (kind: Resource, ref: ObjectRef): string => `${kind.plural} ${objectKey(ref)}`;
  const refuse = (reason: string): TributaryError =>
    new TributaryError("API_CONFLICT", reason, { details: { reason } });

  async function call<T>(effect: () => T): Promise<T> {
    calls += 1;
    const isHere = kill?.at === calls;
    if (isHere && kill?.when === "before") isDead = true;
    if (isDead) throw new ProcessKilled();
    const result = effect();
    if (isHere) isDead = true;
    if (isDead) throw new ProcessKilled();
    return result;
  }

  function put(kind: Resource, object: KubeObject): Unstructured {
    const uid = object.metadata.uid ?? `uid-${++uids}`;
    const made = structuredClone({ ...object, metadata: { ...object.metadata, uid } }) as Unstructured;
    objects.set(keyOf(kind, object.metadata), made);
    const participant = object.metadata.labels?.[Label.Participant];
    if (kind.plural === Kinds.Job.plural && participant !== undefined) {
      const pod = aPod(`${object.metadata.name}-0-x`, participant, object.metadata.namespace);
      const labels = { ...pod.metadata.labels, "batch.kubernetes.io/job-name": object.metadata.name };
      const metadata = { ...pod.metadata, labels, ownerReferences: [ownerOf(object.metadata.name, uid)] };
      objects.set(keyOf(Kinds.Pod, pod.metadata), { ...pod, metadata } as Unstructured);
    }
    return made;
  }

  function remove(key: string): void {
    const uid = objects.get(key)?.metadata.uid;
    objects.delete(key);
    for (const [other, object] of objects)
      if (object.metadata.ownerReferences?.some((owner) => owner.uid === uid)) remove(other);
  }

  const listed = (from: Map<string, Unstructured>, kind: Resource): Unstructured[] =>
    [...from].filter(([key]) => key.startsWith(`${kind.plural} `)).map(([, object]) => object);

  const client = {
    cluster,
    get: (kind: Resource, ref: ObjectRef) => call(() => structuredClone(objects.get(keyOf(kind, ref)))),
    list: (kind: Resource, { namespace, labelSelector = "" }: { namespace: string; labelSelector?: string }) =>
      call(() => {
        if (shut.has(namespace)) throw new TributaryError("FORBIDDEN", "no", { details: { reason: "Forbidden" } });
        return listed(objects, kind).filter(
          ({ metadata }) => metadata.namespace === namespace && isSelected(metadata.labels ?? {}, labelSelector),
        );
      }),
    create: (kind: Resource, object: KubeObject) =>
      call(() => {
        if (objects.has(keyOf(kind, object.metadata))) throw refuse("AlreadyExists");
        return put(kind, written(object));
      }),
    apply: (kind: Resource, { metadata, ...fields }: KubeObject) =>
      call(() => {
        const present = objects.get(keyOf(kind, metadata));
        const { resourceVersion: _version, ...wanted } = metadata;
        const { labels, annotations, uid } = present?.metadata ?? {};
        const marks = {
          labels: { ...labels, ...metadata.labels },
          annotations: { ...annotations, ...metadata.annotations },
        };
        const applied = { ...present?.metadata, ...wanted, ...marks, uid };
        return put(kind, written({ ...present, ...fields, metadata: applied as never }));
      }),
    patchJson: (kind: Resource, ref: ObjectRef, operations: readonly { op: string; path: string; value?: unknown }[]) =>
      call(() => {
        const patched = structuredClone(objects.get(keyOf(kind, ref)) as Unstructured);
        for (const { op, path, value } of operations) if (op === "add") addAt(patched, path, value);
        return put(kind, patched);
      }),
    delete: (kind: Resource, ref: ObjectRef, { uid }: { uid?: string } = {}) =>
      call(() => {
        const present = objects.get(keyOf(kind, ref));
        if (uid !== undefined && present !== undefined && present.metadata.uid !== uid) throw refuse("Conflict");
        remove(keyOf(kind, ref));
        return "accepted" as const;
      }),
  } as unknown as ApiClient;

  const kinds = { configMaps: Kinds.ConfigMap, jobs: Kinds.Job, pods: Kinds.Pod } as const;
  const ofJob = (kind: Resource, uid: string): Unstructured[] =>
    listed(shown, kind).filter(({ metadata }) => metadata.labels?.[Label.JobUid] === uid);
  return {
    client,
    view: {
      objectsOf: (kind, namespace, uid, participant) =>
        ofJob(kinds[kind], uid).filter(
          ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[Label.Participant] === participant,
        ),
      placesOf: (uid) =>
        [...ofJob(Kinds.ConfigMap, uid), ...ofJob(Kinds.Job, uid)].filter(isWrittenByUs).map(({ metadata }) => ({
          participant: metadata.labels?.[Label.Participant] ?? "",
          namespace: metadata.namespace ?? "",
          name: metadata.name,
        })),
      eventsOf: () => [],
      podsIn: () => listed(shown, Kinds.Pod),
      podTemplates: () => [aTemplate as unknown as Unstructured],
    },
    catchUp: () => {
      shown = new Map([...objects].map(([key, object]) => [key, slimmed(key, object)]));
    },
    holds: () => [...objects.keys()].sort(),
    put,
    find: (kind, ref) => objects.get(keyOf(kind, ref)),
    shut,
    killAt(at, when) {
      kill = { at: calls + at, when };
    },
    isDead: () => isDead,
    revive() {
      isDead = false;
      kill = undefined;
    },
    calls: () => calls,
  };
}

const transforms = { configmaps: slimAnchor, jobs: slimBatchJob, pods: slimPod } as const;

/** An object as a cache of its kind keeps it. */
function slimmed(key: string, object: Unstructured): Unstructured {
  const transform = transforms[key.slice(0, key.indexOf(" ")) as keyof typeof transforms];
  return transform?.(object) ?? object;
}

/** Adds a value where a JSON pointer says; as in an API server, all but its last part must be there. */
function addAt(object: object, pointer: string, value: unknown): void {
  const fields = pointer.slice(1).split("/");
  const names = fields.map((field) => field.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = names.pop() as string;
  const parent = names.reduce((at, name) => at[name] as Record<string, unknown>, object as Record<string, unknown>);
  parent[last] = value;
}

function ownerOf(name: string, uid: string) {
  return { apiVersion: "batch/v1", kind: "Job", name, uid, controller: true };
}

/** An object as an API server keeps what the operator wrote. */
function written(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, managedFields: [{ manager: "tributary" }] } } as KubeObject;
}

/** Equality and `in`, as Kubernetes selects. */
function isSelected(labels: Readonly<Record<string, string>>, selector: string): boolean {
  const terms = selector.match(/[^,(]+(\([^)]*\))?/gu) ?? [];
  return terms.every((term) => {
    const set = /^(\S+) in \((.*)\)$/u.exec(term.trim());
    if (set !== null) return set[2]?.split(",").includes(labels[set[1] ?? ""] ?? "") === true;
    const [label = "", value] = term.trim().split("=");
    return labels[label] === value;
  });
}
