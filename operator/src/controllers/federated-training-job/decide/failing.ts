import { Reason } from "@tributary/contracts";
import { synchronousOf } from "@tributary/contracts/fields";
import type { JobSnapshot, SeatObservation } from "../snapshot.ts";
import { countGone, earlyEndProblem } from "./gone-workers.ts";
import { isEvaluated } from "./is-evaluated.ts";
import { describeSeat } from "./seats.ts";
import { failedVerdict, noVerdict, type Policy } from "./verdict.ts";

/**
 * A job fails when so many workers are gone for good that the quorum cannot be reached any more, unless its training is over. Here it is
 * only written down: the aggregator, which takes nothing back, is told once it is on record.
 */
export const failing: Policy = (snapshot) => {
  if (mayBeOver(snapshot)) return noVerdict;
  const { quorum } = synchronousOf(snapshot.job.spec);
  const { seats } = snapshot;
  const possible = seats.reduce((sum, seat) => sum + seat.participant.workers - countGone(snapshot, seat), 0);
  const failed = seats.filter((seat) => countGone(snapshot, seat) > 0);
  if (failed.length === 0 || possible >= quorum) return noVerdict;
  const told = failed.find((seat) => causeOf(snapshot, seat) !== undefined) ?? (failed[0] as SeatObservation);
  const others = failed.length > 1 ? `; so did workers of ${failed.length - 1} other participants` : "";
  const message = `${possible} workers are left and the quorum is ${quorum}; ${describeFailure(snapshot, told)}${others}`;
  return failedVerdict(Reason.WorkerFailed, message);
};

/**
 * Only the aggregator knows whether the last model is evaluated: then no worker is needed, and the aggregator must live until its
 * models are where the spec wants them. One that ran rounds and cannot be asked just now is waited for.
 */
function mayBeOver({ aggregator, rounds, job }: JobSnapshot): boolean {
  if (aggregator.state === "heard") return isEvaluated(aggregator.report);
  return rounds.length > 0 || job.status?.round !== undefined;
}

function causeOf(snapshot: JobSnapshot, seat: SeatObservation): string | undefined {
  return (seat.batchJobFailure ?? seat.podProblem ?? earlyEndProblem(snapshot, seat))?.message;
}

function describeFailure(snapshot: JobSnapshot, seat: SeatObservation): string {
  const cause =
    causeOf(snapshot, seat) ??
    `${seat.failedIndexes?.length ?? 0} of ${seat.participant.workers} workers failed for good`;
  return `${describeSeat(seat)}: ${cause}`;
}
