import { TributaryError } from "@tributary/kit";
import type { ApiClient, CallOptions } from "./api-client.ts";
import { apiReason, isConflict } from "./api-error.ts";
import { type Applied, createIdempotentApply } from "./idempotent-apply.ts";
import { isDeleting, type KubeObject, type ObjectRef, objectKey } from "./object.ts";
import type { Resource } from "./resource.ts";
import { differingLists } from "./shown-fields.ts";

/** Whose an object is that has a name of ours. */
export const Whose = {
  /** Made by us for the very owner that asks for it. */
  Ours: "Ours",
  /** Made by us for an owner that exists no longer: it is removed, and the name is free at a later look. */
  LeftOver: "LeftOver",
  /** Somebody else's: never touched. */
  Foreign: "Foreign",
} as const;
/** One of the values of {@link Whose}. */
export type Whose = (typeof Whose)[keyof typeof Whose];

/** How an owner tells its objects from those of others. */
export interface Ownership {
  /** Whose an object is that was found under a name of ours. */
  readonly judge: (object: KubeObject) => Whose;
  /**
   * Asked of the API server right before a left-over is removed: whether the owner that it was made for exists no longer. What was
   * judged by may be late.
   */
  readonly isOwnerGone?: (object: KubeObject, call: CallOptions) => Promise<boolean>;
  /** What a person can do about a foreign object, as the end of a sentence. */
  readonly remedy: string;
}

/** What one apply knows besides its intent. */
export interface OwnedCall<T> extends CallOptions {
  /** The object as a cache has it. It saves the look when it is ours and as it should be; anything else is looked at live. */
  readonly cached?: T | undefined;
}

/** Get, check, apply: the one way in which objects are written under names that others may have taken. */
export interface OwnedApply {
  /**
   * Makes the object as `intent` says, and mends it when somebody changed it: effects are decided from the object that is
   * there. An absent object is created, never adopted when somebody was faster; one that is there is written only while it
   * still is the one that was judged. A list of the intent belongs to it alone: items that others added go.
   *
   * @throws NAME_TAKEN when the object is somebody else's; API_CONFLICT while an object of ours is still being removed.
   */
  apply<T extends KubeObject>(
    resource: Resource,
    intent: KubeObject,
    ownership: Ownership,
    call?: OwnedCall<T>,
  ): Promise<Applied<T>>;
}

/** No object has this version, so that an apply under it can only create. */
const absentVersion = "1";

/** Makes the {@link OwnedApply} of one cluster; make one and keep it: it knows which applies would change nothing. */
export function createOwnedApply(client: ApiClient, options: { readonly fieldManager: string }): OwnedApply {
  const applying = createIdempotentApply(client, { ...options, force: true });

  async function write<T extends KubeObject>(
    resource: Resource,
    intent: KubeObject,
    live: T | undefined,
    call: CallOptions,
  ): Promise<Applied<T>> {
    const precondition = live === undefined ? { resourceVersion: absentVersion } : { uid: live.metadata.uid };
    const send = (shown: T | undefined) => applying.apply(resource, intent, shown, { ...call, precondition });
    const applied = await send(live);
    if (applied.wasSkipped || !(await takeListsBack(client, resource, intent, applied.object, call))) return applied;
    return send(undefined);
  }

  /** A list that others changed can make the merged object invalid, for example two ports of one name. */
  async function writeOver<T extends KubeObject>(
    resource: Resource,
    intent: KubeObject,
    live: T,
    call: CallOptions,
    refusal: unknown,
  ): Promise<Applied<T>> {
    const wasListed = await takeListsBack(client, resource, intent, live, call, true).catch((error: unknown) => {
      if (apiReason(error) === "Invalid") return false;
      throw error;
    });
    if (!wasListed) throw refusal;
    return applying.apply<T>(resource, intent, undefined, { ...call, precondition: { uid: live.metadata.uid } });
  }

  return {
    async apply<T extends KubeObject>(
      resource: Resource,
      intent: KubeObject,
      ownership: Ownership,
      { cached, ...call }: OwnedCall<T> = {},
    ) {
      if (cached !== undefined && ownership.judge(cached) === Whose.Ours && !isDeleting(cached)) {
        if (applying.isCurrent(resource, intent, cached)) return { object: cached, wasSkipped: true };
      }
      const look = () => lookAtOwned<T>(client, resource, refOf(resource, intent), ownership, call);
      const live = await look();
      try {
        return await write(resource, intent, live, call);
      } catch (error) {
        // Another uid than the one that was judged is refused as an immutable field.
        if (!isConflict(error) && apiReason(error) !== "Invalid") throw error;
        const again = await look();
        const isAnother = again?.metadata.uid !== live?.metadata.uid;
        if (isConflict(error) || isAnother || again === undefined) return write(resource, intent, again, call);
        return writeOver(resource, intent, again, call, error);
      }
    },
  };
}

/**
 * The object of a name, when it is ours; undefined when there is none. One that an earlier owner left is removed.
 *
 * @throws NAME_TAKEN when it is somebody else's; API_CONFLICT while it is being removed.
 */
export async function lookAtOwned<T extends KubeObject>(
  client: ApiClient,
  resource: Resource,
  ref: ObjectRef,
  ownership: Ownership,
  call: CallOptions = {},
): Promise<T | undefined> {
  const live = await client.get<T>(resource, ref, call);
  if (live === undefined) return undefined;
  const what = `${resource.kind} ${objectKey(ref)} in cluster ${client.cluster}`;
  const whose = ownership.judge(live);
  if (whose === Whose.Foreign)
    throw new TributaryError(
      "NAME_TAKEN",
      `${what} exists and is not ours (${describeOwner(live)}); ${ownership.remedy}`,
      { details: { cluster: client.cluster, resource: resource.plural, object: objectKey(ref) } },
    );
  if (whose === Whose.LeftOver && (await ownership.isOwnerGone?.(live, call)) === false)
    throw new TributaryError(
      "API_CONFLICT",
      `${what} belongs to an owner that is there, and what is known of it is late`,
    );
  if (whose === Whose.LeftOver)
    await client.delete(resource, ref, { ...call, uid: live.metadata.uid, propagation: "Background" });
  if (whose === Whose.LeftOver || isDeleting(live))
    throw new TributaryError("API_CONFLICT", `${what} was left by an earlier owner and is being removed`);
  return live;
}

/** Who made an object, as far as it says so. */
export function describeOwner(object: KubeObject): string {
  const { ownerReferences = [], labels = {}, managedFields = [] } = object.metadata;
  const owner = ownerReferences.find(({ controller }) => controller === true) ?? ownerReferences[0];
  if (owner !== undefined) return `owned by ${owner.kind} ${owner.name}`;
  const managedBy = labels["app.kubernetes.io/managed-by"];
  if (managedBy !== undefined) return `managed by ${managedBy}`;
  const [first] = (managedFields as { manager?: string; time?: string; subresource?: string }[])
    .filter(({ subresource }) => subresource === undefined)
    .sort((left, right) => (left.time ?? "").localeCompare(right.time ?? ""));
  return first?.manager === undefined ? "who made it is not recorded" : `made with ${first.manager}`;
}

/** Replaces lists that show items of others; a merge would keep them. True when something was sent. */
async function takeListsBack(
  client: ApiClient,
  resource: Resource,
  intent: KubeObject,
  live: KubeObject,
  call: CallOptions,
  alsoOfEqualLength = false,
): Promise<boolean> {
  const lists = differingLists(live, intent).filter((list) => list.isOfOtherLength || alsoOfEqualLength);
  if (lists.length === 0) return false;
  const { uid, resourceVersion } = live.metadata;
  await client.patchJson(
    resource,
    refOf(resource, intent),
    [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "test", path: "/metadata/resourceVersion", value: resourceVersion },
      ...lists.map(({ path, wanted }) => ({ op: "replace" as const, path, value: wanted })),
    ],
    call,
  );
  return true;
}

function refOf(resource: Resource, object: KubeObject): ObjectRef {
  return { name: object.metadata.name, namespace: resource.namespaced ? object.metadata.namespace : undefined };
}
