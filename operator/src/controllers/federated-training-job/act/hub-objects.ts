import { FieldManager, Kinds, type ResourceKind } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { apiReason } from "../../../runtime/api/api-error.ts";
import { createOwnedApply, type Ownership, Whose } from "../../../runtime/api/apply-owned.ts";
import { type KubeObject, type ObjectRef, objectKey, type Unstructured } from "../../../runtime/api/object.ts";
import { isJobGone } from "../../shared/is-job-gone.ts";
import { isNamesake, isOwned } from "../observe/owned.ts";
import type { KubernetesObject } from "../plan.ts";
import { jobNames } from "../render/names.ts";
import type { JobSnapshot } from "../snapshot.ts";

type Job = JobSnapshot["job"];

/** Writes the objects of a job on the hub; those of others are never touched. */
export interface HubObjects {
  /**
   * Makes an object as it is wanted; nothing is sent when it is.
   *
   * @throws NAME_TAKEN when somebody else's object has the name.
   */
  apply(job: Job, kind: ResourceKind, object: KubernetesObject, signal: AbortSignal): Promise<Unstructured>;
  /** Removes an object when it is the job's own. */
  remove(job: Job, kind: ResourceKind, ref: ObjectRef, signal: AbortSignal): Promise<void>;
}

/** Gives an object as a cache has it. */
export type CachedOf = (kind: ResourceKind, ref: ObjectRef) => Unstructured | undefined;

/** How a job tells its objects on the hub from those of others: by the owner reference that makes them go with it. */
export function ownershipOf(hub: ApiClient, job: Job): Ownership {
  return {
    judge(object) {
      if (isOwned(object, job)) return Whose.Ours;
      return namesakeOf(object, job) === undefined ? Whose.Foreign : Whose.LeftOver;
    },
    isOwnerGone(object, call) {
      const { namespace } = jobNames(job);
      return isJobGone(hub, { namespace, name: job.metadata.name, uid: namesakeOf(object, job)?.uid }, call);
    },
    remedy: "rename the job or remove the object",
  };
}

/** The job of this name, of whichever uid, that controls an object. */
function namesakeOf({ metadata }: KubeObject, job: Job) {
  return metadata.ownerReferences?.find((owner) => isNamesake(owner, job) && owner.controller === true);
}

/** Makes the {@link HubObjects} of one hub. */
export function createHubObjects(hub: ApiClient, cachedOf: CachedOf): HubObjects {
  const owned = createOwnedApply(hub, { fieldManager: FieldManager.Operator });
  return {
    async apply(job, kind, object, signal) {
      const intent = object as KubeObject;
      const call = { cached: cachedOf(kind, intent.metadata), signal };
      try {
        return (await owned.apply<Unstructured>(kind, intent, ownershipOf(hub, job), call)).object;
      } catch (error) {
        if (!isImmutable(kind, error)) throw error;
        return makeAgain(hub, job, intent.metadata, signal);
      }
    },
    async remove(job, kind, ref, signal) {
      const live = await hub.get<Unstructured>(kind, ref, { signal });
      if (live === undefined || !isOwned(live, job)) return;
      await hub.delete(kind, ref, { uid: live.metadata.uid, signal });
    },
  };
}

function isImmutable(kind: ResourceKind, error: unknown): boolean {
  const isRefused = kind === Kinds.StatefulSet && apiReason(error) === "Invalid";
  return isRefused && error instanceof Error && error.message.includes("updates to statefulset spec for fields other");
}

/** A StatefulSet whose fixed fields are not ours goes without its pod and its claim, which the next one takes over. */
async function makeAgain(hub: ApiClient, job: Job, ref: ObjectRef, signal: AbortSignal): Promise<never> {
  const live = await hub.get<Unstructured>(Kinds.StatefulSet, ref, { signal });
  if (live !== undefined && isOwned(live, job))
    await hub.delete(Kinds.StatefulSet, ref, { uid: live.metadata.uid, propagation: "Orphan", signal });
  throw new TributaryError("API_CONFLICT", `StatefulSet ${objectKey(ref)} has other fixed fields and is made again`);
}
