import { Reason } from "@tributary/contracts";
import type { KubernetesObject } from "../../federated-training-job/plan.ts";
import { renderAnchor, renderBatchJob } from "../../federated-training-job/render/seat.ts";
import type { Problem } from "../../federated-training-job/snapshot.ts";
import type { SeatAction } from "../plan.ts";
import type { PlaceObservation, SeatsSnapshot } from "../snapshot.ts";
import { differs } from "./is-another-job.ts";
import { judgeBatchJob } from "./judge-batch-job.ts";
import { type MarkedObject, missingMarks } from "./shown-marks.ts";

type MemberObject = NonNullable<PlaceObservation["anchor"]>;

/** What one wanted place needs. */
export interface PlaceVerdict {
  readonly action?: SeatAction;
  /** What keeps the place from being as it is wanted. */
  readonly problem?: Problem;
  readonly requeueAfterMs?: number;
}

/** Fields of a batch Job that follow the spec of its job and can change while it exists. */
export const changeableFields = ["parallelism", "suspend"] as const;

/** One wanted place has an anchor with the present parameters and a batch Job of the present shape, whoever changed them. */
export function decidePlace(seen: SeatsSnapshot, place: PlaceObservation): PlaceVerdict {
  const { job, cluster, hubId, aggregator } = seen;
  const { placement, participant, template, anchor, batchJob } = place;
  const { namespace } = placement;
  // The job's look makes it leave.
  if (participant === undefined || job.metadata.deletionTimestamp !== undefined) return {};
  if (place.unread !== undefined) return { problem: place.unread };
  if (!place.isSettled) return { requeueAfterMs: 1_000 };
  if (aggregator === undefined) return { requeueAfterMs: 2_000 };
  if (template.state !== "found") return {};
  const input = { job, participant, namespace, origin: hubId, ...aggregator, template: template.template };
  const rendered = { anchor: renderAnchor(input), batchJob: renderBatchJob(input) };
  const why = `participant ${participant.name} has its workers in cluster ${cluster}`;
  const { isReplaced, drift } =
    batchJob === undefined
      ? { isReplaced: false, drift: "" }
      : judgeBatchJob({ batchJob, anchor }, rendered.batchJob, participant);
  if (batchJob !== undefined && isReplaced) {
    const { uid = "" } = batchJob.metadata;
    return { action: { type: "replace", placement, uid, ...(drift === "" ? {} : { drift }), why } };
  }
  const told = drift === "" ? {} : { problem: tellDrift(place, drift) };
  const isAsWanted =
    anchor !== undefined &&
    batchJob !== undefined &&
    showsData(anchor, rendered.anchor) &&
    showsMarks(anchor, rendered.anchor) &&
    showsMarks(batchJob, rendered.batchJob) &&
    !differs(batchJob, rendered.batchJob, changeableFields);
  if (isAsWanted) return told;
  return {
    ...told,
    action: { type: "place", placement, ...rendered, ...(anchor === undefined ? {} : { cachedAnchor: anchor }), why },
  };
}

function tellDrift({ placement: { namespace, name } }: PlaceObservation, drift: string): Problem {
  const message = `Job ${namespace}/${name} was changed again after another took its place (${drift}); have the member's admin leave Jobs of Tributary out of what changes them`;
  return { reason: Reason.ForeignObject, message };
}

function showsData(anchor: MemberObject, rendered: KubernetesObject): boolean {
  const dataOf = (object: object) => (object as { data?: Record<string, string> }).data ?? {};
  const is = dataOf(anchor);
  return Object.entries(dataOf(rendered)).every(([key, text]) => is[key] === text);
}

function showsMarks(live: MemberObject, rendered: KubernetesObject): boolean {
  return Object.keys(missingMarks(live, rendered as object as MarkedObject)).length === 0;
}
