import { Reason } from "@tributary/contracts";
import type { JobSnapshot, SeatObservation } from "../snapshot.ts";
import { isEvaluated } from "./rounds.ts";
import { describeSeat } from "./seats.ts";
import { noVerdict, type Policy } from "./verdict.ts";

/** A job fails when so many workers failed for good that the quorum cannot be reached any more, unless its training is over. */
export const failing: Policy = (snapshot) => {
  if (mayBeOver(snapshot)) return noVerdict;
  const { quorum } = snapshot.job.spec.schedule.synchronous;
  const possible = snapshot.seats.reduce((sum, seat) => sum + possibleWorkers(seat), 0);
  const failed = snapshot.seats.filter((seat) => possibleWorkers(seat) < seat.participant.workers);
  if (failed.length === 0 || possible >= quorum) return noVerdict;
  const told = failed.find(({ batchJobFailure, podProblem }) => (batchJobFailure ?? podProblem) !== undefined);
  const message = `${possible} workers are left and the quorum is ${quorum}; ${describeFailure(told ?? (failed[0] as SeatObservation))}${failed.length > 1 ? `; so did workers of ${failed.length - 1} other participants` : ""}`;
  return {
    final: true,
    actions: [{ type: "finish-job", outcome: "Failed", why: message }],
    conditions: [
      { type: "Failed", status: "True", reason: Reason.WorkerFailed, message },
      { type: "Progressing", status: "False", reason: Reason.WorkerFailed, message: "the job has failed" },
    ],
    events: [{ type: "Warning", reason: Reason.WorkerFailed, note: message }],
    requeueAfterMs: 1_000,
  };
};

/**
 * Only the aggregator knows whether the last model is evaluated: then no worker is needed, and the aggregator must live until its
 * models are where the spec wants them. One that ran rounds and cannot be asked just now is waited for.
 */
function mayBeOver({ aggregator, rounds, job }: JobSnapshot): boolean {
  if (aggregator.state === "heard") return isEvaluated(aggregator.report);
  return rounds.length > 0 || job.status?.round !== undefined;
}

function possibleWorkers({ participant, batchJobFailure, failedIndexes = 0 }: SeatObservation): number {
  return batchJobFailure === undefined ? Math.max(0, participant.workers - failedIndexes) : 0;
}

function describeFailure(seat: SeatObservation): string {
  const cause = seat.batchJobFailure ?? seat.podProblem;
  return `${describeSeat(seat)}: ${cause?.message ?? `${seat.failedIndexes} of ${seat.participant.workers} workers failed for good`}`;
}
