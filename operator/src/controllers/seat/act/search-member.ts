import { Kinds, Label } from "@tributary/contracts";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import { isSamePlace, type Place } from "../../shared/place.ts";
import { callDeadlineMs } from "./call-deadline.ts";

/** The places of a job in a member, by labels and live lists over all of its mapped namespaces. */
export async function searchMember(
  client: ApiClient,
  hubId: string,
  jobUid: string,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<Place[]> {
  const labelSelector = `${Label.Origin}=${hubId},${Label.JobUid}=${jobUid}`;
  const found: Place[] = [];
  for (const namespace of namespaces) {
    for (const kind of [Kinds.Job, Kinds.ConfigMap, Kinds.Pod]) {
      const selection = { namespace, labelSelector, metadataOnly: true };
      const objects = await client.list<KubeObject>(kind, { ...selection, signal, deadlineMs: callDeadlineMs });
      for (const { metadata } of objects) {
        const place = { participant: metadata.labels?.[Label.Participant] ?? "", namespace };
        if (place.participant !== "" && !found.some((known) => isSamePlace(known, place))) found.push(place);
      }
    }
  }
  return found;
}
