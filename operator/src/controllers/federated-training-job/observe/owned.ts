import { Kinds } from "@tributary/contracts";
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

type Owner = Pick<NonNullable<KubeObject["metadata"]["ownerReferences"]>[number], "apiVersion" | "kind" | "name">;

/** Whether an owner reference is that of a job of this name, whatever its uid. */
export function isNamesake(owner: Owner, job: JobSnapshot["job"]): boolean {
  const isOurs = owner.apiVersion.split("/")[0] === Kinds.FederatedTrainingJob.group;
  return isOurs && owner.kind === Kinds.FederatedTrainingJob.kind && owner.name === job.metadata.name;
}
