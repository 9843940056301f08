import { isDeepStrictEqual } from "node:util";
import { type FederatedTrainingJob, FieldManager, groupVersion, Kinds } from "@tributary/contracts";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { isConflict, isNotFound } from "../../../runtime/api/api-error.ts";
import type { KubeObject } from "../../../runtime/api/object.ts";

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
  { metadata: { name, namespace, uid } }: Job,
  resourceVersion: string | undefined,
  status: JobStatus,
  signal: AbortSignal,
): Promise<boolean> {
  const metadata = { name, namespace, uid, resourceVersion };
  const intent = { apiVersion: groupVersion, kind: Kinds.FederatedTrainingJob.kind, metadata, status };
  try {
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
