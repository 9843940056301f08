import { Kinds, Label, Reason, type ResourceKind } from "@tributary/contracts";
import { inParallel } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { controllerUidOf, isDeleting, type KubeObject } from "../../../runtime/api/object.ts";
import type { Placement, PlacingReport } from "../../federated-training-job/snapshot.ts";
import { callDeadlineMs } from "../../shared/call-deadline.ts";
import { keepOwnership } from "../../shared/keep-ownership.ts";
import { isNamespaceGone } from "../../shared/namespace-gone.ts";
import type { Place } from "../../shared/place.ts";
import { isWrittenByUs } from "../../shared/written-by-us.ts";
import { troubleOf } from "../decide/decide-seats.ts";
import type { SeatAction } from "../plan.ts";

type Empty = Extract<SeatAction, { type: "empty" }>;

const parallelDeletes = 8;

/** What is known of places after what was ours in them was removed. */
export interface Emptied {
  /** Places of which live lists, made after the removal, show nothing. */
  readonly empty: readonly Place[];
  /** What stays and is not for the hub to remove. */
  readonly problems: PlacingReport["problems"];
  /** What could not be removed, and why: neither an object nor its place keeps others from going. */
  readonly refused: readonly { readonly placement: Placement; readonly cause: unknown }[];
}

/**
 * Removes what labels find of these places and Tributary wrote, and gives those of which live lists, made after that, show
 * nothing: no anchor, no batch Job, no pod. A cache is never asked whether something is gone. Copies that somebody made with all
 * labels, and their pods, are theirs.
 */
export async function emptyPlaces(
  client: ApiClient,
  hubId: string,
  action: Empty,
  signal: AbortSignal,
): Promise<Emptied> {
  const { namespace, placements, withEndingPods } = action;
  const call = { signal, deadlineMs: callDeadlineMs };
  const listOf = (kind: ResourceKind, participants: readonly string[]): Promise<KubeObject[]> => {
    const jobUid = placements[0]?.jobUid;
    const labelSelector = `${Label.Origin}=${hubId},${Label.JobUid}=${jobUid},${Label.Participant} in (${participants.join(",")})`;
    return client.list<KubeObject>(kind, {
      ...call,
      namespace,
      labelSelector,
      metadataOnly: true,
      prepare: keepOwnership,
    });
  };
  try {
    const left = new Set(withEndingPods);
    const all = placements.map(({ participant }) => participant);
    const copies = new Set<string | undefined>();
    const refused = new Map<string, unknown>();
    for (const kind of [Kinds.Job, Kinds.ConfigMap]) {
      const listed = await listOf(kind, all);
      const objects = listed.filter(isWrittenByUs);
      for (const object of listed) if (!isWrittenByUs(object)) copies.add(object.metadata.uid);
      for (const object of objects) left.add(participantOf(object));
      const present = objects.filter((object) => !isDeleting(object) && !refused.has(participantOf(object)));
      await inParallel(present, parallelDeletes, async (object) => {
        const { name, uid } = object.metadata;
        await client
          .delete(kind, { namespace, name }, { ...call, uid, propagation: "Background" })
          .catch((cause: unknown) => refused.set(participantOf(object), cause));
        signal.throwIfAborted();
      });
    }
    const rest = all.filter((participant) => !left.has(participant));
    const listed = rest.length === 0 ? [] : await listOf(Kinds.Pod, rest);
    const pods = listed.filter((pod) => !copies.has(controllerUidOf(pod)));
    for (const pod of pods) left.add(participantOf(pod));
    const gone = rest.filter((participant) => !left.has(participant));
    return {
      empty: gone.map((participant) => ({ participant, namespace })),
      problems: tellStranded(placements, pods),
      refused: placements.flatMap((placement) =>
        refused.has(placement.participant) ? [{ placement, cause: refused.get(placement.participant) }] : [],
      ),
    };
  } catch (error) {
    if (await isNamespaceGone(client, namespace, error, call))
      return { empty: placements.map(({ participant }) => ({ participant, namespace })), problems: [], refused: [] };
    throw error;
  }
}

function participantOf(object: KubeObject): string {
  return object.metadata.labels?.[Label.Participant] ?? "";
}

/** Pods that nothing will end: they have no Job any more, and the hub may not delete pods. */
function tellStranded(placements: readonly Placement[], pods: readonly KubeObject[]): PlacingReport["problems"] {
  const stranded = pods.filter((pod) => !isDeleting(pod) && controllerUidOf(pod) === undefined);
  return placements.flatMap((placement) => {
    const pod = stranded.find((one) => participantOf(one) === placement.participant);
    if (pod === undefined) return [];
    const message = `Pod ${placement.namespace}/${pod.metadata.name} has the job's labels and no Job, and the hub may not delete pods; have the member's admin delete it`;
    return [troubleOf(placement, { reason: Reason.CleanupPending, message })];
  });
}
