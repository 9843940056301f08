import { Reason } from "@tributary/contracts";
import type { Action } from "../plan.ts";
import { renderAnchor, renderBatchJob, renderWorkerConfig, type SeatInput } from "../render/seat.ts";
import type { Condition, JobSnapshot, Problem, SeatObservation } from "../snapshot.ts";
import { countWorkers, describeSeat } from "./seats.ts";
import { conditionOf, type Policy, type Settings } from "./verdict.ts";

/** Every seat whose member answers has its anchor and its batch Job; the aggregator comes before the first worker. */
export const placement: Policy = (snapshot, settings) => {
  const actions = snapshot.seats.flatMap((seat) => placeSeat(snapshot, seat, settings));
  const ready = clustersReady(snapshot);
  const degraded = degradation(snapshot);
  return {
    actions,
    conditions: degraded === undefined ? [ready] : [ready, degraded],
    ...(ready.status === "True" ? {} : { requeueAfterMs: 5_000 }),
  };
};

function placeSeat(snapshot: JobSnapshot, seat: SeatObservation, settings: Settings): Action[] {
  const { job, hub } = snapshot;
  const { member, participant, template } = seat;
  if (member.state !== "reachable" || member.namespace === undefined || template.state !== "found") return [];
  if (hub.endpoint === undefined || hub.caPem === undefined) return [];
  if (member.isLeaving === true && !seat.hasBatchJob) return [];
  const input: SeatInput = {
    job,
    participant,
    namespace: member.namespace,
    origin: settings.hubId,
    endpoint: hub.endpoint,
    caPem: hub.caPem,
    template: template.template,
  };
  if (seat.hasBatchJob && seat.anchorText === renderWorkerConfig(input)) return [];
  const why = `${describeSeat(seat)} has its workers`;
  return [
    {
      type: "place-seat",
      cluster: participant.cluster,
      anchor: renderAnchor(input),
      batchJob: renderBatchJob(input),
      why,
    },
  ];
}

/** Workers that can work: joined, in a seat that no problem holds up. A sidecar joins also while its trainer cannot start. */
export function countAbleWorkers(snapshot: JobSnapshot): number {
  const able = snapshot.seats.filter((seat) => seatProblem(seat) === undefined);
  return able.reduce((sum, seat) => sum + joinedWorkers(snapshot, seat.participant.name), 0);
}

/** Workers of a seat that the aggregator has heard from. */
export function joinedWorkers(snapshot: JobSnapshot, participant: string): number {
  if (snapshot.aggregator.state !== "heard") return 0;
  return snapshot.aggregator.report.parties.filter((party) => party.participant === participant).length;
}

function clustersReady(snapshot: JobSnapshot): Condition {
  const type = "ClustersReady";
  const joined = countAbleWorkers(snapshot);
  const { quorum } = snapshot.job.spec.schedule.synchronous;
  if (joined >= countWorkers(snapshot))
    return { type, status: "True", reason: Reason.AllReady, message: `all ${joined} workers have joined` };
  const problem = worstProblem(snapshot);
  if (joined >= quorum) {
    const message = `${joined} of ${countWorkers(snapshot)} workers have joined, the quorum is ${quorum}${problem === undefined ? "" : `; ${problem.message}`}`;
    return { type, status: "True", reason: Reason.AllReady, message };
  }
  if (problem !== undefined) return { type, status: "False", ...problem };
  return {
    type,
    status: "False",
    reason: Reason.WaitingForWorkers,
    message: `${joined} of ${countWorkers(snapshot)} workers have joined, the quorum is ${quorum}`,
  };
}

function worstProblem(snapshot: JobSnapshot): Problem | undefined {
  for (const seat of snapshot.seats) {
    const problem = seatProblem(seat);
    if (problem !== undefined) return { reason: problem.reason, message: `${describeSeat(seat)}: ${problem.message}` };
  }
  return undefined;
}

/** What keeps one seat from working. */
export function seatProblem(seat: SeatObservation): Problem | undefined {
  if (seat.member.state === "unreachable") return seat.member.problem;
  return seat.batchJobFailure ?? seat.podProblem;
}

/** Undefined keeps what was said before: an operator that has just started does not know yet who is lost. */
function degradation(snapshot: JobSnapshot): Condition | undefined {
  const type = "Degraded";
  const lost = snapshot.seats.find(({ member }) => member.state === "unreachable" && !isConnecting(member));
  if (lost?.member.state === "unreachable") {
    return {
      type,
      status: "True",
      reason: Reason.ClusterLost,
      message: `${describeSeat(lost)}: ${lost.member.problem.message}`,
    };
  }
  const failed = snapshot.seats.find((seat) => seat.batchJobFailure !== undefined);
  if (failed?.batchJobFailure !== undefined)
    return {
      type,
      status: "True",
      reason: failed.batchJobFailure.reason,
      message: `${describeSeat(failed)}: ${failed.batchJobFailure.message}`,
    };
  const party =
    snapshot.aggregator.state === "heard"
      ? snapshot.aggregator.report.parties.find((one) => one.problem !== undefined)
      : undefined;
  if (party?.problem !== undefined)
    return {
      type,
      status: "True",
      reason: party.problem.reason,
      message: `worker ${party.workerIndex} of participant ${party.participant}: ${party.problem.message}`,
    };
  const isUnknown = snapshot.seats.some(({ member }) => isConnecting(member));
  if (isUnknown && conditionOf(snapshot, type) !== undefined) return undefined;
  return { type, status: "False", reason: Reason.AllReady, message: "no participant is lost" };
}

function isConnecting(member: SeatObservation["member"]): boolean {
  return member.state === "unreachable" && member.problem.reason === Reason.Connecting;
}
