import { Reason } from "@tributary/contracts";
import type { SeatObservation } from "../snapshot.ts";
import { describeSeat } from "./seats.ts";
import { noVerdict, type Policy } from "./verdict.ts";

/** A job fails when so many workers failed for good that the quorum cannot be reached any more. */
export const failing: Policy = (snapshot) => {
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

function possibleWorkers({ participant, batchJobFailure, failedIndexes = 0 }: SeatObservation): number {
  return batchJobFailure === undefined ? Math.max(0, participant.workers - failedIndexes) : 0;
}

function describeFailure(seat: SeatObservation): string {
  const cause = seat.batchJobFailure ?? seat.podProblem;
  return `${describeSeat(seat)}: ${cause?.message ?? `${seat.failedIndexes} of ${seat.participant.workers} workers failed for good`}`;
}
