import { Kinds, Label, type ResourceKind } from "@tributary/contracts";
import type { ApiClient } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";
import { callDeadlineMs } from "../shared/call-deadline.ts";
import { readForeignJobs } from "../shared/foreign-jobs.ts";
import { listOwnership } from "../shared/keep-ownership.ts";
import { isNamespaceGone } from "../shared/namespace-gone.ts";
import { controllerOf, isPodOfOurs } from "../shared/pod-owner.ts";
import { isWrittenByUs } from "../shared/written-by-us.ts";

/** Kinds that this hub makes in members, and the pods that come of them. */
export type OwnedKind = "ConfigMap" | "Job" | "Pod";

/** An object in a member that carries this hub's label. */
export interface OwnedObject {
  readonly kind: OwnedKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Uid of the hub's job that it was made for; absent on what only looks like ours. */
  readonly jobUid?: string;
  /** Namespace and name of that job on the hub, for people. */
  readonly job: string;
  /** Whether Tributary itself wrote it, or the batch Job of a pod; a copy that somebody made with all labels is not ours. */
  readonly isOurs: boolean;
  readonly isDeleting: boolean;
  /** Uid of the object that controls it: a pod's Job, as a rule. */
  readonly controllerUid?: string;
}

const resources: Readonly<Record<OwnedKind, ResourceKind>> = {
  ConfigMap: Kinds.ConfigMap,
  Job: Kinds.Job,
  Pod: Kinds.Pod,
};

/** Namespaces of a member that are listed at once: lists that wait for a connection would use up their own time. */
export const parallelNamespaces = 8;

/** The API resource of a kind. */
export function resourceOf(kind: OwnedKind): ResourceKind {
  return resources[kind];
}

/**
 * Everything in one namespace of a member that carries this hub's label, as its API server has it now; nothing in one that is
 * gone. Only metadata is read.
 */
export async function listOwned(
  client: ApiClient,
  namespace: string,
  origin: string,
  signal: AbortSignal,
): Promise<OwnedObject[]> {
  try {
    return await listLabelled(client, namespace, origin, signal);
  } catch (error) {
    if (await isNamespaceGone(client, namespace, error, { signal, deadlineMs: callDeadlineMs })) return [];
    throw error;
  }
}

async function listLabelled(
  client: ApiClient,
  namespace: string,
  origin: string,
  signal: AbortSignal,
): Promise<OwnedObject[]> {
  const labelSelector = `${Label.Origin}=${origin}`;
  const call = { signal, deadlineMs: callDeadlineMs };
  const listOf = (kind: OwnedKind) => listOwnership(client, resources[kind], { namespace, labelSelector }, call);
  const [jobs, configMaps, pods] = await Promise.all([listOf("Job"), listOf("ConfigMap"), listOf("Pod")]);
  const { foreign: foreignJobs } = await readForeignJobs(client, namespace, { jobs, pods }, call);
  return [
    ...jobs.map((job) => ownedObject("Job", namespace, job, isWrittenByUs(job))),
    ...configMaps.map((configMap) => ownedObject("ConfigMap", namespace, configMap, isWrittenByUs(configMap))),
    ...pods.map((pod) => ownedObject("Pod", namespace, pod, isPodOfOurs(pod, foreignJobs))),
  ];
}

function ownedObject(kind: OwnedKind, namespace: string, object: KubeObject, isOurs: boolean): OwnedObject {
  const { metadata } = object;
  const { name, uid = "", labels = {} } = metadata;
  const jobUid = labels[Label.JobUid];
  const controllerUid = controllerOf(object)?.uid;
  return {
    kind,
    namespace,
    name,
    uid,
    ...(jobUid === undefined ? {} : { jobUid }),
    job: `${labels[Label.JobNamespace] ?? "?"}/${labels[Label.JobName] ?? "?"}`,
    isOurs,
    isDeleting: metadata.deletionTimestamp !== undefined,
    ...(controllerUid === undefined ? {} : { controllerUid }),
  };
}
