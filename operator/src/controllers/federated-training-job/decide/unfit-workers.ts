import { Reason } from "@tributary/contracts";
import { trainerOf } from "@tributary/contracts/fields";
import type { JobSnapshot, PartyReport, Problem, SeatObservation } from "../snapshot.ts";
import { remedyOfMasked } from "./masked-remedies.ts";
import { partiesOf } from "./parties.ts";

/** Whether no round is opened with a worker: its trainer lacks a verb that the job asks of it, or has not registered for too long. */
export function isUnfit(party: PartyReport): boolean {
  return party.isUnfit ?? false;
}

/**
 * What is wrong with a worker. That its trainer has not registered is all that the aggregator knows: while the trainer has not started, its
 * cluster knows why.
 */
export function partyProblem(seat: SeatObservation | undefined, party: PartyReport): Problem | undefined {
  if (!isUnfit(party) || party.problem?.reason === Reason.KindMissing) return party.problem;
  const starting = seat?.startingWorkers?.find(({ workerIndex }) => workerIndex === party.workerIndex);
  return starting?.problem ?? party.problem;
}

/** What is told of a seat of which no round is opened with a worker: worker, what it lacks, runtime and remedy. */
export function unfitProblem(snapshot: JobSnapshot, seat: SeatObservation): Problem | undefined {
  const unfit = partiesOf(snapshot, seat.participant.name).filter(isUnfit);
  // What the member's admin has to mend is told before what may yet mend itself.
  const first = unfit.find(({ problem }) => problem?.reason === Reason.KindMissing) ?? unfit[0];
  const problem = first && partyProblem(seat, first);
  if (first === undefined || problem === undefined) return undefined;
  const { reason, message } = problem;
  const { runtime } = trainerOf(snapshot.job.spec, seat.participant);
  const others = unfit.length > 1 ? ` (and ${unfit.length - 1} other workers)` : "";
  const who = `worker ${first.workerIndex}${others} of runtime ${runtime}`;
  return { reason, message: `${who}: ${message}; no round is opened with it; ${remedyOf(reason, runtime)}` };
}

function remedyOf(reason: string, runtime: string): string {
  if (reason === Reason.KindMissing)
    return `have the member's admin offer another trainer as runtime ${runtime}, or name another for this participant in spec.participants[].runtime`;
  const remedy = remedyOfMasked(reason);
  if (remedy !== "") return remedy;
  return reason === Reason.TrainerStarting || reason === Reason.ImagePullFailed
    ? "its pod's events say how far it is"
    : "its pod's events and its trainer's log say why";
}
