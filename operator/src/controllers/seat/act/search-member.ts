import { Kinds, Label } from "@tributary/contracts";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import { isNamespaceGone } from "../../shared/namespace-gone.ts";
import { isSamePlace, type Place } from "../../shared/place.ts";
import { isWrittenByUs } from "../../shared/written-by-us.ts";
import { callDeadlineMs } from "./call-deadline.ts";

/** The places of a job in a member, by labels and live lists over all of its mapped namespaces; nothing is in one that is gone. */
export async function searchMember(
  client: ApiClient,
  hubId: string,
  jobUid: string,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<Place[]> {
  const labelSelector = `${Label.Origin}=${hubId},${Label.JobUid}=${jobUid}`;
  const call = { signal, deadlineMs: callDeadlineMs };
  const found: Place[] = [];
  for (const namespace of namespaces) {
    try {
      for (const kind of [Kinds.Job, Kinds.ConfigMap, Kinds.Pod]) {
        const selection = { namespace, labelSelector, metadataOnly: true };
        for (const object of await client.list<KubeObject>(kind, { ...selection, ...call })) {
          const { metadata } = object;
          if (kind !== Kinds.Pod && !isWrittenByUs(object)) continue;
          const place = { participant: metadata.labels?.[Label.Participant] ?? "", namespace };
          if (place.participant !== "" && !found.some((known) => isSamePlace(known, place))) found.push(place);
        }
      }
    } catch (error) {
      if (!(await isNamespaceGone(client, namespace, error, call))) throw error;
    }
  }
  return found;
}
