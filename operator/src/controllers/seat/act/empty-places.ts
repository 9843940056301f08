import { Kinds, Label, type ResourceKind } from "@tributary/contracts";
import { inParallel } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { isDeleting, type KubeObject } from "../../../runtime/api/object.ts";
import type { Placement, PlacingReport } from "../../federated-training-job/snapshot.ts";
import { callDeadlineMs } from "../../shared/call-deadline.ts";
import { readForeignJobs } from "../../shared/foreign-jobs.ts";
import { listOwnership, participantOf } from "../../shared/keep-ownership.ts";
import { isNamespaceGone } from "../../shared/namespace-gone.ts";
import type { Place } from "../../shared/place.ts";
import { isPodOfOurs } from "../../shared/pod-owner.ts";
import { isWrittenByUs } from "../../shared/written-by-us.ts";
import type { SeatAction } from "../plan.ts";
import { tellStranded } from "./stranded-pods.ts";

type Empty = Extract<SeatAction, { type: "empty" }>;

const parallelDeletes = 8;

/** What is known of places after what was ours in them was removed. */
export interface Emptied {
  /** Places of which live lists, made after the removal, show nothing of ours. */
  readonly empty: readonly Place[];
  /** What stays and is not for the hub to remove. */
  readonly problems: PlacingReport["problems"];
  /** What could not be removed, and why: neither an object nor its place keeps others from going. */
  readonly refused: readonly { readonly placement: Placement; readonly cause: unknown }[];
}

/**
 * Removes what labels find of these places and Tributary wrote, and gives those of which live lists, made after that, show
 * nothing of it: no anchor, no batch Job, no pod. A cache is never asked whether something is gone. What somebody made with all
 * labels, also under the seat's own name, and the pods of it are theirs: they are not removed, and no place waits for them.
 */
export async function emptyPlaces(
  client: ApiClient,
  hubId: string,
  action: Empty,
  signal: AbortSignal,
): Promise<Emptied> {
  const { namespace, placements, withEndingPods } = action;
  const call = { signal, deadlineMs: callDeadlineMs };
  const listOf = (kind: ResourceKind, participants: readonly string[]) => {
    const jobUid = placements[0]?.jobUid;
    const labelSelector = `${Label.Origin}=${hubId},${Label.JobUid}=${jobUid},${Label.Participant} in (${participants.join(",")})`;
    return listOwnership(client, kind, { namespace, labelSelector }, call);
  };
  try {
    const left = new Set(withEndingPods);
    const all = placements.map(({ participant }) => participant);
    const jobs: KubeObject[] = [];
    const refused = new Map<string, unknown>();
    for (const kind of [Kinds.Job, Kinds.ConfigMap]) {
      const listed = await listOf(kind, all);
      if (kind === Kinds.Job) jobs.push(...listed);
      const objects = listed.filter(isWrittenByUs);
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
    const { foreign, unlabelled } = await readForeignJobs(client, namespace, { jobs, pods: listed }, call);
    const pods = listed.filter((pod) => isPodOfOurs(pod, foreign));
    for (const pod of pods) left.add(participantOf(pod));
    const gone = rest.filter((participant) => !left.has(participant));
    return {
      empty: gone.map((participant) => ({ participant, namespace })),
      problems: tellStranded(placements, pods, unlabelled),
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
