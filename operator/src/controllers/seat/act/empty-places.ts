import { Kinds, Label, type ResourceKind } from "@tributary/contracts";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { isDeleting, type KubeObject } from "../../../runtime/api/object.ts";
import { isNamespaceGone } from "../../shared/namespace-gone.ts";
import type { Place } from "../../shared/place.ts";
import type { SeatAction } from "../plan.ts";
import { callDeadlineMs } from "./call-deadline.ts";
import { inParallel } from "./in-parallel.ts";

type Empty = Extract<SeatAction, { type: "empty" }>;

const parallelDeletes = 8;

/**
 * Removes what labels find of these places and gives those of which live lists, made after that, show nothing: no anchor, no
 * batch Job, no pod. A cache is never asked whether something is gone.
 */
export async function emptyPlaces(
  client: ApiClient,
  hubId: string,
  action: Empty,
  signal: AbortSignal,
): Promise<Place[]> {
  const { namespace, placements, withPods } = action;
  const call = { signal, deadlineMs: callDeadlineMs };
  const listOf = (kind: ResourceKind, participants: readonly string[]): Promise<KubeObject[]> => {
    const jobUid = placements[0]?.jobUid;
    const labelSelector = `${Label.Origin}=${hubId},${Label.JobUid}=${jobUid},${Label.Participant} in (${participants.join(",")})`;
    return client.list<KubeObject>(kind, { ...call, namespace, labelSelector, metadataOnly: true });
  };
  try {
    const left = new Set(withPods);
    const all = placements.map(({ participant }) => participant);
    for (const kind of [Kinds.Job, Kinds.ConfigMap]) {
      const objects = await listOf(kind, all);
      for (const object of objects) left.add(participantOf(object));
      const present = objects.filter((object) => !isDeleting(object));
      await inParallel(present, parallelDeletes, async ({ metadata: { name, uid } }) => {
        await client.delete(kind, { namespace, name }, { ...call, uid, propagation: "Background" });
      });
    }
    const rest = all.filter((participant) => !left.has(participant));
    if (rest.length > 0) for (const pod of await listOf(Kinds.Pod, rest)) left.add(participantOf(pod));
    return rest.filter((participant) => !left.has(participant)).map((participant) => ({ participant, namespace }));
  } catch (error) {
    if (await isNamespaceGone(client, namespace, error, call))
      return placements.map(({ participant }) => ({ participant, namespace }));
    throw error;
  }
}

function participantOf(object: KubeObject): string {
  return object.metadata.labels?.[Label.Participant] ?? "";
}
