import { Reason } from "@tributary/contracts";
import { trainerOf } from "@tributary/contracts/fields";
import type { JobSnapshot, PartyReport, Problem, SeatObservation } from "../snapshot.ts";
import { partiesOf } from "./parties.ts";

/** Whether a worker's trainer lacks a verb that the job asks of it: no round is opened with it. */
export function lacksKind({ problem }: PartyReport): boolean {
  return problem?.reason === Reason.KindMissing;
}

/** What is told of a seat of which a worker's trainer lacks a verb: worker, verb and runtime. */
export function kindProblem(snapshot: JobSnapshot, seat: SeatObservation): Problem | undefined {
  const lacking = partiesOf(snapshot, seat.participant.name).filter(lacksKind);
  const [first] = lacking;
  if (first === undefined) return undefined;
  const { runtime } = trainerOf(snapshot.job.spec, seat.participant);
  const others = lacking.length > 1 ? ` (and ${lacking.length - 1} other workers)` : "";
  const remedy = `no round is opened with it; have the member's admin offer another trainer as runtime ${runtime}, or name another for this participant in spec.participants[].runtime`;
  return {
    reason: Reason.KindMissing,
    message: `worker ${first.workerIndex}${others} of runtime ${runtime}: ${first.problem!.message}; ${remedy}`,
  };
}
