import type { FederatedTrainingJob } from "@tributary/contracts";
import { joinedWorkers, seatProblem } from "../decide/clusters-ready.ts";
import type { JobSnapshot, SeatObservation } from "../snapshot.ts";

type ClusterStatus = NonNullable<NonNullable<FederatedTrainingJob["status"]>["clusters"]>[number];

const messageLimit = 300;

/** One entry a participant. `observedTime` is when the member was last heard: what is stale must look stale. */
export function renderClusters(snapshot: JobSnapshot): ClusterStatus[] {
  return snapshot.seats.map((seat) => {
    const problem = seatProblem(seat);
    const heardMs = seat.member.state === "missing" ? undefined : seat.member.heardMs;
    const ready = joinedWorkers(snapshot, seat.participant.name);
    return {
      participant: seat.participant.name,
      cluster: seat.participant.cluster,
      state: stateOf(snapshot, seat, ready),
      ...(heardMs === undefined ? {} : { observedTime: new Date(roundToTenSeconds(heardMs)).toISOString() }),
      ready,
      active: seat.activePods,
      failed: seat.failedPods,
      ...(problem === undefined ? {} : { reason: problem.reason, message: problem.message.slice(0, messageLimit) }),
    };
  });
}

/** Participants that have all their workers, of all participants. */
export function summariseClusters(snapshot: JobSnapshot): string {
  if (isTrained(snapshot)) return `${snapshot.seats.length}/${snapshot.seats.length}`;
  const ready = snapshot.seats.filter(
    (seat) => joinedWorkers(snapshot, seat.participant.name) >= seat.participant.workers,
  );
  return `${ready.length}/${snapshot.seats.length}`;
}

function stateOf(snapshot: JobSnapshot, seat: SeatObservation, ready: number): string {
  if (seat.member.state === "unreachable") return "Lost";
  if (isTrained(snapshot)) return "Succeeded";
  if (seat.batchJobFailure !== undefined) return "Failed";
  if (ready >= seat.participant.workers)
    return snapshot.aggregator.state === "heard" && snapshot.aggregator.report.window !== undefined
      ? "Training"
      : "Ready";
  return seat.hasBatchJob ? "Placing" : "Pending";
}

/** Whether the last model is evaluated: the workers were told to end. */
function isTrained(snapshot: JobSnapshot): boolean {
  return snapshot.aggregator.state === "heard" && snapshot.aggregator.report.history.at(-1)?.outcome === "Evaluated";
}

/** Whole tens of seconds, so that a heartbeat alone does not make a status write each time. */
function roundToTenSeconds(ms: number): number {
  return Math.floor(ms / 10_000) * 10_000;
}
