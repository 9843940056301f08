import type { KubeObject } from "../../../runtime/api/object.ts";
import { jobNames } from "../render/names.ts";
import type { JobSnapshot } from "../snapshot.ts";

/** Whether an object belongs to this very job and not to an earlier one of the same name. */
export function isOwned(object: KubeObject | undefined, job: JobSnapshot["job"]): boolean {
  const { uid } = job.metadata;
  return uid !== undefined && object?.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
}

/** Whether an object lies where those of the job on the hub do: labels, also our own, can be set by anybody in any namespace. */
export function isBeside({ metadata }: KubeObject, job: JobSnapshot["job"]): boolean {
  return (metadata.namespace ?? "default") === jobNames(job).namespace;
}

/** Whether an owner reference is that of a job of this name, whatever its uid. */
export function isNamesake(owner: { readonly kind: string; readonly name: string }, job: JobSnapshot["job"]): boolean {
  return owner.kind === "FederatedTrainingJob" && owner.name === job.metadata.name;
}
