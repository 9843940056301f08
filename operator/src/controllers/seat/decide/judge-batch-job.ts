import type { KubernetesObject } from "../../federated-training-job/plan.ts";
import type { Participant } from "../../federated-training-job/snapshot.ts";
import { describeDrift, failedByDrift } from "./describe-drift.ts";
import { isAnotherJob } from "./is-another-job.ts";
import { wasMended } from "./mended-drift.ts";
import type { MarkedObject } from "./shown-marks.ts";

/** What a place's objects show of its batch Job. */
export interface BatchJobVerdict {
  /** Whether another takes its place: what became of the workers of this one says nothing of those that come after them. */
  readonly isReplaced: boolean;
  /** What somebody changed of it that only another can mend; empty when there is nothing. */
  readonly drift: string;
}

/**
 * The one rule by which the seats' controller replaces a batch Job and the job's look leaves it out. Whatever changes each Job anew
 * would end the workers without end: a drift that was mended before stays, until the Job failed by it and nothing is lost by
 * another. One that failed by its workers' doing stays: else they would begin anew without end, and nobody would hear of it.
 */
export function judgeBatchJob(
  { batchJob, anchor }: { readonly batchJob: MarkedObject; readonly anchor: MarkedObject | undefined },
  rendered: KubernetesObject,
  participant: Participant,
): BatchJobVerdict {
  const drift = describeDrift(batchJob, rendered);
  const isMendable = drift !== "" && (!wasMended(anchor, batchJob, drift) || failedByDrift(batchJob, rendered));
  return { isReplaced: isMendable || isAnotherJob(batchJob, rendered, participant), drift };
}
