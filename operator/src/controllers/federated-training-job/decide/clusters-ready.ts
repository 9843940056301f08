import { Reason } from "@tributary/contracts";
import { synchronousOf } from "@tributary/contracts/fields";
import type { Condition, JobSnapshot, Problem, SeatObservation } from "../snapshot.ts";
import { earlyEndProblem } from "./gone-workers.ts";
import { partiesOf } from "./parties.ts";
import { countWorkers, describeSeat } from "./seats.ts";
import { templateProblem } from "./template-problem.ts";
import { isUnfit, partyProblem, unfitProblem } from "./unfit-workers.ts";
import { conditionOf } from "./verdict.ts";

/** Workers that can work: joined with a trainer that does what the job asks, and not held up by a problem. A sidecar joins also while its trainer cannot start. */
export function countAbleWorkers(snapshot: JobSnapshot): number {
  return snapshot.seats.reduce((sum, seat) => sum + ableWorkers(snapshot, seat), 0);
}

/** Workers of a seat that the aggregator has heard from. */
export function joinedWorkers(snapshot: JobSnapshot, participant: string): number {
  return partiesOf(snapshot, participant).length;
}

/** What keeps one seat, or some of its workers, from working. What runs is not held back by an object that could not be mended. */
export function seatProblem(snapshot: JobSnapshot, seat: SeatObservation): Problem | undefined {
  if (seat.member.state === "unreachable") return seat.member.problem;
  const problem = seat.batchJobFailure ?? seat.podProblem;
  return problem ?? (seat.hasBatchJob ? undefined : (seat.placingProblem ?? templateProblem(snapshot, seat)));
}

/** What people are told of a seat: what is wrong now, else what ended its last run. */
export function toldProblem(snapshot: JobSnapshot, seat: SeatObservation): Problem | undefined {
  const now = seatProblem(snapshot, seat) ?? unfitProblem(snapshot, seat);
  return now ?? seat.placingProblem ?? earlyEndProblem(snapshot, seat) ?? seat.recentCause;
}

/** Whether enough workers have joined for the quorum, and what is wrong with the others. */
export function clustersReady(snapshot: JobSnapshot): Condition {
  const type = "ClustersReady";
  const able = countAbleWorkers(snapshot);
  const { quorum } = synchronousOf(snapshot.job.spec);
  const problem = worstProblem(snapshot);
  const count = `${able} of ${countWorkers(snapshot)} workers have joined, the quorum is ${quorum}`;
  // A worker that ended a moment ago and runs again has not shown yet that it can work.
  const isShaky = snapshot.seats.some(
    (seat) => seatProblem(snapshot, seat) === undefined && seat.recentCause !== undefined,
  );
  if (able < quorum || (isShaky && ableWithoutShaky(snapshot) < quorum))
    return problem === undefined
      ? { type, status: "False", reason: Reason.WaitingForWorkers, message: count }
      : { type, status: "False", ...problem };
  if (problem !== undefined)
    return { type, status: "True", reason: Reason.AllReady, message: `${count}; ${problem.message}` };
  const message = able >= countWorkers(snapshot) ? `all ${able} workers have joined` : count;
  return { type, status: "True", reason: Reason.AllReady, message };
}

/** Whether the job runs with fewer workers than it asked for. Undefined keeps what was said before: an operator that has just started does not know yet who is lost. */
export function degradation(snapshot: JobSnapshot): Condition | undefined {
  const type = "Degraded";
  const troubles = [...snapshot.seats.flatMap((seat) => lossOf(snapshot, seat)), ...partyTroubles(snapshot)];
  const [worst] = troubles;
  if (worst !== undefined)
    return { type, status: "True", reason: worst.reason, message: `${worst.message}${andMore(troubles.length)}` };
  const isUnknown = snapshot.seats.some(({ member }) => isConnecting(member));
  if (isUnknown && conditionOf(snapshot, type) !== undefined) return undefined;
  return { type, status: "False", reason: Reason.AllReady, message: "no participant is lost" };
}

function ableWorkers(snapshot: JobSnapshot, seat: SeatObservation): number {
  const problem = seatProblem(snapshot, seat);
  const parties = partiesOf(snapshot, seat.participant.name).filter((party) => !isUnfit(party));
  if (problem === undefined && (seat.failedIndexes ?? []).length === 0) return parties.length;
  if (seat.member.state === "unreachable" || seat.batchJobFailure !== undefined) return 0;
  if (seat.blockedIndexes === undefined) return 0;
  const blocked = new Set(seat.blockedIndexes);
  return parties.filter(({ workerIndex }) => !blocked.has(workerIndex)).length;
}

function ableWithoutShaky(snapshot: JobSnapshot): number {
  const steady = snapshot.seats.filter(({ recentCause }) => recentCause === undefined);
  return steady.reduce((sum, seat) => sum + ableWorkers(snapshot, seat), 0);
}

/** The most telling problem of any participant, and how many others have one; each has its own in `status.clusters`. */
function worstProblem(snapshot: JobSnapshot): Problem | undefined {
  const found = snapshot.seats.flatMap((seat) => {
    const problem = toldProblem(snapshot, seat);
    return problem === undefined ? [] : [{ ...problem, message: `${describeSeat(seat)}: ${problem.message}` }];
  });
  const worst = found.find(({ reason }) => !vague.includes(reason)) ?? found[0];
  if (worst === undefined) return undefined;
  return { reason: worst.reason, message: `${worst.message}${andMore(found.length)}` };
}

/** Reasons that a more telling one of another participant goes before. */
const vague: readonly string[] = [
  Reason.Connecting,
  Reason.TrainerStarting,
  Reason.VolumeNotBound,
  Reason.WorkerFailed,
  Reason.Evicted,
];

function andMore(count: number): string {
  if (count <= 1) return "";
  return count === 2
    ? "; one other has a problem, see status.clusters"
    : `; ${count - 1} others have a problem, see status.clusters`;
}

function lossOf(snapshot: JobSnapshot, seat: SeatObservation): Problem[] {
  const { member, batchJobFailure, podProblem } = seat;
  const told = (reason: string, message: string): Problem[] => [
    { reason, message: `${describeSeat(seat)}: ${message}` },
  ];
  if (member.state === "unreachable")
    return isConnecting(member) ? [] : told(Reason.ClusterLost, member.problem.message);
  if (member.state === "missing")
    return told(Reason.ClusterLost, `MemberCluster ${seat.participant.cluster} does not exist any more`);
  if (batchJobFailure !== undefined) return told(batchJobFailure.reason, batchJobFailure.message);
  const lacking = seat.hasBatchJob ? undefined : templateProblem(snapshot, seat);
  if (lacking !== undefined) return told(lacking.reason, lacking.message);
  const ended = earlyEndProblem(snapshot, seat);
  const early = ended === undefined ? [] : told(ended.reason, ended.message);
  const failed = seat.failedIndexes?.length ?? 0;
  if (failed === 0) return early;
  const cause = podProblem === undefined ? "" : `: ${podProblem.message}`;
  const message = `${failed} of ${seat.participant.workers} workers failed for good${cause}`;
  return [...told(podProblem?.reason ?? Reason.WorkerFailed, message), ...early];
}

function partyTroubles({ aggregator, seats }: JobSnapshot): Problem[] {
  if (aggregator.state !== "heard") return [];
  const seatOf = new Map(seats.map((seat) => [seat.participant.name, seat]));
  return aggregator.report.parties.flatMap((party) => {
    const problem = partyProblem(seatOf.get(party.participant), party);
    const who = `worker ${party.workerIndex} of participant ${party.participant}`;
    return problem === undefined ? [] : [{ reason: problem.reason, message: `${who}: ${problem.message}` }];
  });
}

function isConnecting(member: SeatObservation["member"]): boolean {
  return member.state === "unreachable" && member.problem.reason === Reason.Connecting;
}
