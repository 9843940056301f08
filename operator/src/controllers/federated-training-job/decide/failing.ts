import { Reason } from "@tributary/contracts";
import { describeSeat } from "./seats.ts";
import { noVerdict, type Policy } from "./verdict.ts";

/** A job fails when so many workers failed for good that the quorum cannot be reached any more. */
export const failing: Policy = (snapshot) => {
  const { quorum } = snapshot.job.spec.schedule.synchronous;
  const possible = snapshot.seats
    .filter((seat) => seat.batchJobFailure === undefined)
    .reduce((sum, seat) => sum + seat.participant.workers, 0);
  const failed = snapshot.seats.find((seat) => seat.batchJobFailure !== undefined);
  if (failed?.batchJobFailure === undefined || possible >= quorum) return noVerdict;
  const message = `${possible} workers are left and the quorum is ${quorum}; ${describeSeat(failed)}: ${failed.batchJobFailure.message}`;
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
