import { isDeepStrictEqual } from "node:util";
import { type FederatedTrainingJob, FieldManager, groupVersion, Kinds } from "@tributary/contracts";
import type { ApiClient, JsonPatchOperation } from "../../../runtime/api/api-client.ts";
import { isConflict, isNotFound } from "../../../runtime/api/api-error.ts";
import type { KubeObject, ObjectRef } from "../../../runtime/api/object.ts";

type Job = FederatedTrainingJob;
type JobStatus = NonNullable<Job["status"]>;

/** How a write of a status ended; `stale` when the job had changed since it was seen: look again before anything is said. */
export type StatusWrite = "written" | "unchanged" | "stale";

/**
 * Writes a status that was made from `seen`, and only over it: a look at an old copy of the job must take nothing back, above all
 * not that it is complete or failed. Changes that are none of the status (a finalizer of ours) are no reason to look again.
 */
export async function writeStatus(
  hub: ApiClient,
  seen: Job,
  status: JobStatus,
  signal: AbortSignal,
): Promise<StatusWrite> {
  if (isDeepStrictEqual(status, seen.status)) return "unchanged";
  if (await applyOver(hub, seen, seen.metadata.resourceVersion, status, signal)) return "written";
  const live = await readLive(hub, seen, signal);
  if (live === undefined || !isSame(live, seen)) return "stale";
  return (await applyOver(hub, seen, live.metadata.resourceVersion, status, signal)) ? "written" : "stale";
}

async function applyOver(
  hub: ApiClient,
  { metadata: { name, namespace, uid }, status: before }: Job,
  resourceVersion: string | undefined,
  status: JobStatus,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const seenVersion = isEmptied(before, status)
      ? await emptyRecord(hub, { name, namespace }, resourceVersion, signal)
      : resourceVersion;
    const metadata = { name, namespace, uid, resourceVersion: seenVersion };
    const intent = { apiVersion: groupVersion, kind: Kinds.FederatedTrainingJob.kind, metadata, status };
    await hub.applyStatus(Kinds.FederatedTrainingJob, intent as KubeObject, {
      fieldManager: FieldManager.OperatorStatus,
      force: true,
      signal,
    });
    return true;
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return false;
    throw error;
  }
}

function isEmptied(before: JobStatus | undefined, { placements }: JobStatus): boolean {
  return placements?.length === 0 && (before?.placements?.length ?? 0) > 0;
}

/**
 * Empties the record of placements and says the version that the job has then. A server-side apply that takes the last item of a list
 * takes the list too, and a record that is not there counts as lost: every member cluster would be searched.
 */
async function emptyRecord(
  hub: ApiClient,
  ref: ObjectRef,
  resourceVersion: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const operations: JsonPatchOperation[] = [
    { op: "replace", path: "/metadata/resourceVersion", value: resourceVersion },
    { op: "add", path: "/status/placements", value: [] },
  ];
  const target = { ...ref, subresource: "status" };
  const { metadata } = await hub.patchJson<KubeObject>(Kinds.FederatedTrainingJob, target, operations, { signal });
  return metadata.resourceVersion;
}

async function readLive(hub: ApiClient, seen: Job, signal: AbortSignal): Promise<Job | undefined> {
  const { name, namespace } = seen.metadata;
  const live = await hub.get<Job & KubeObject>(Kinds.FederatedTrainingJob, { name, namespace }, { signal });
  return live?.metadata.uid === seen.metadata.uid ? live : undefined;
}

function isSame(live: Job, seen: Job): boolean {
  return (
    live.metadata.generation === seen.metadata.generation &&
    live.metadata.deletionTimestamp === seen.metadata.deletionTimestamp &&
    isDeepStrictEqual(live.status, seen.status)
  );
}
