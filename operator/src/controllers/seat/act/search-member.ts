import { Annotation, cutText, Kinds, Label, type ResourceKind } from "@tributary/contracts";
import { asTributaryError, inParallel, isTributaryError, TributaryError } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import { parallelNamespaces } from "../../collector/owned-objects.ts";
import { callDeadlineMs } from "../../shared/call-deadline.ts";
import { readForeignJobs } from "../../shared/foreign-jobs.ts";
import { listOwnership, participantOf } from "../../shared/keep-ownership.ts";
import { isNamespaceGone } from "../../shared/namespace-gone.ts";
import type { FoundPlace } from "../../shared/place.ts";
import { isPodOfOurs } from "../../shared/pod-owner.ts";
import { isWrittenByUs } from "../../shared/written-by-us.ts";

interface Unread {
  readonly namespace: string;
  readonly error: TributaryError;
}

/** Most characters of what an API server said, and namespaces beside the first, that are told of a search. */
const saidLimit = 400;
const namedLimit = 5;

/**
 * The places of a job in a member, by labels and live lists over all of its mapped namespaces; nothing is in one that is gone.
 *
 * @throws TributaryError when a namespace cannot be read, after all were tried: nothing is concluded then.
 */
export async function searchMember(
  client: ApiClient,
  hubId: string,
  jobUid: string,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<FoundPlace[]> {
  const labelSelector = `${Label.Origin}=${hubId},${Label.JobUid}=${jobUid}`;
  const call = { signal, deadlineMs: callDeadlineMs };
  const found = new Map<string, FoundPlace>();
  const unread: Unread[] = [];
  const note = (namespace: string, object: KubeObject, name: string): void => {
    const participant = participantOf(object);
    if (participant !== "") found.set(`${namespace}/${participant}/${name}`, { participant, namespace, name });
  };
  await inParallel(namespaces, parallelNamespaces, async (namespace) => {
    try {
      const listOf = (kind: ResourceKind) => listOwnership(client, kind, { namespace, labelSelector }, call);
      const jobs = await listOf(Kinds.Job);
      const written = [...jobs, ...(await listOf(Kinds.ConfigMap))].filter(isWrittenByUs);
      for (const object of written) note(namespace, object, object.metadata.name);
      const pods = await listOf(Kinds.Pod);
      const { foreign: foreignJobs } = await readForeignJobs(client, namespace, { jobs, pods }, call);
      for (const pod of pods) if (isPodOfOurs(pod, foreignJobs)) note(namespace, pod, batchJobOf(pod));
    } catch (thrown) {
      if (!(await isNamespaceGone(client, namespace, thrown, call)))
        unread.push({ namespace, error: asTributaryError(thrown) });
    }
  });
  if (unread.length > 0) throw unreadError(client.cluster, unread);
  const keys = [...found.keys()].sort();
  return keys.map((key) => found.get(key) as FoundPlace);
}

/** Name of the Indexed Job that made a pod: `NAME-0-x7k2p`. */
function batchJobOf({ metadata: { name } }: KubeObject): string {
  return name.replace(/-\d+-[^-]+$/u, "");
}

/** The first namespace that says why it cannot be read, and the others by name. */
function unreadError(cluster: string, unread: readonly Unread[]): TributaryError {
  const sorted = unread.toSorted((left, right) => (left.namespace < right.namespace ? -1 : 1));
  const first = sorted.find(({ error }) => !isTributaryError(error, "OPERATION_ABORTED")) ?? (sorted[0] as Unread);
  const others = sorted.filter((one) => one !== first).map(({ namespace }) => namespace);
  const more = others.length > namedLimit ? ` and ${others.length - namedLimit} more` : "";
  const likewise = others.length === 0 ? "" : ` (likewise ${others.slice(0, namedLimit).join(", ")}${more})`;
  const { namespace, error } = first;
  const message = `namespace ${namespace} of MemberCluster ${cluster}${likewise} cannot be searched for what the job has there: ${cutText(error.message, saidLimit)}; have the member's admin let the hub read it, or give up what the job may have in the cluster with annotation ${Annotation.AbandonClusters}`;
  return new TributaryError(error.code, message, { details: error.details, cause: error });
}
