import { Reason } from "@tributary/contracts";
import type { JobSnapshot, Problem, SeatObservation } from "../snapshot.ts";
import { isEvaluated } from "./is-evaluated.ts";
import { partiesOf } from "./parties.ts";

/** Most workers that one message names. */
const toldWorkers = 3;

/** Workers of a seat that the job has lost for good: no other pod is made for them. */
export function countGone(snapshot: JobSnapshot, seat: SeatObservation): number {
  if (seat.batchJobFailure !== undefined) return seat.participant.workers;
  return Math.min(seat.participant.workers, (seat.failedIndexes?.length ?? 0) + endedEarly(snapshot, seat).length);
}

/**
 * Workers of a seat that ended with exit code 0 though the job was not over: their Job takes them for done. Only the aggregator knows
 * whether it is over. One that still lists such a worker was heard before the worker's end, and may be about to say that it is.
 */
function endedEarly(snapshot: JobSnapshot, { participant, completedIndexes = [] }: SeatObservation): number[] {
  const { aggregator } = snapshot;
  if (completedIndexes.length === 0 || aggregator.state !== "heard" || isEvaluated(aggregator.report)) return [];
  const joined = new Set(partiesOf(snapshot, participant.name).map(({ workerIndex }) => workerIndex));
  return completedIndexes.filter((index) => !joined.has(index));
}

/** What people are told of such workers; undefined when there are none. */
export function earlyEndProblem(snapshot: JobSnapshot, seat: SeatObservation): Problem | undefined {
  const ended = endedEarly(snapshot, seat);
  if (ended.length === 0) return undefined;
  const more = ended.length > toldWorkers ? ` and ${ended.length - toldWorkers} more` : "";
  const [who, whose] = ended.length === 1 ? ["worker", "its trainer"] : ["workers", "their trainers"];
  const message = `${who} ${ended.slice(0, toldWorkers).join(", ")}${more} ended with exit code 0 before the job was over, so no other pod is made; ${whose} must end with another code when stopped`;
  return { reason: Reason.WorkerFailed, message };
}
