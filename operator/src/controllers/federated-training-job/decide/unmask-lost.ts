import { Reason } from "@tributary/contracts";
import type { AggregatorReport, JobSnapshot, WorkerName } from "../snapshot.ts";
import { isEvaluated } from "./is-evaluated.ts";
import { masksOf } from "./masks.ts";
import { failedVerdict, noVerdict, type Policy } from "./verdict.ts";

/** Most workers that the message names. */
const toldWorkers = 8;

/**
 * A job fails when a masked sum was announced and given up, and a worker of it can be of no other attempt: it has no seat in the present
 * spec, or failed for good. On that start members' gates let the same workers repeat the sum, all of them, and nobody else.
 */
export const unmaskLost: Policy = (snapshot) => {
  const { aggregator } = snapshot;
  if (aggregator.state !== "heard" || isEvaluated(aggregator.report)) return noVerdict;
  const { report } = aggregator;
  const lost = (report.spent ?? []).flatMap((worker) => {
    const why = whyGone(snapshot, report, worker);
    return why === undefined ? [] : [`worker ${worker.workerIndex} of participant ${worker.participant} ${why}`];
  });
  if (lost.length === 0) return noVerdict;
  const more = lost.length > toldWorkers ? `, and ${lost.length - toldWorkers} more` : "";
  const what = `a sum of ${report.spent?.length} workers was announced and not opened, and only they, all of them, may repeat it`;
  const message = `${what}: ${lost.slice(0, toldWorkers).join(", ")}${more}; ${remedyOf(snapshot, report)}`;
  return failedVerdict(Reason.UnmaskLost, message);
};

/**
 * Why a worker can be of no other attempt; undefined where it may come back. A member that does not answer says nothing of its workers,
 * and an aggregator that still lists a worker was heard before its end.
 */
function whyGone(snapshot: JobSnapshot, { parties }: AggregatorReport, worker: WorkerName): string | undefined {
  const { participant, workerIndex } = worker;
  const seat = snapshot.seats.find((one) => one.participant.name === participant);
  if (seat === undefined || workerIndex >= seat.participant.workers) return "has no seat in the job any more";
  const hasFailed = seat.batchJobFailure !== undefined || seat.failedIndexes?.includes(workerIndex) === true;
  if (!hasFailed) return undefined;
  const isJoined = parties.some((party) => party.participant === participant && party.workerIndex === workerIndex);
  if (isJoined) return undefined;
  const cause = seat.batchJobFailure ?? seat.podProblem;
  return cause === undefined ? "failed for good" : `failed for good (${cause.message})`;
}

function remedyOf({ job }: JobSnapshot, { last }: AggregatorReport): string {
  const { metadata, spec } = job;
  const from =
    last === undefined
      ? "create the job anew"
      : `create another job, which may start from ${metadata.name}/${last.path} of claim ${spec.output.persistentVolumeClaim}`;
  const masks = masksOf(spec);
  return masks === undefined
    ? from
    : `${from}; with more workers than ${masks.minWorkers} (privacy.secureAggregation.threshold) it can lose one`;
}
