import type { Action } from "../plan.ts";
import { jobNames, seatName } from "../render/names.ts";
import type { JobSnapshot, SeatObservation } from "../snapshot.ts";
import type { Settings } from "./verdict.ts";

/** Removals of everything that seats still have in members that answer. */
export function removeSeats(snapshot: JobSnapshot, { hubId }: Settings, why: string): Action[] {
  return snapshot.seats.flatMap((seat) => {
    if (seat.member.state !== "reachable" || seat.member.namespace === undefined || !leavesTraces(seat)) return [];
    return [
      {
        type: "remove-seat" as const,
        cluster: seat.participant.cluster,
        namespace: seat.member.namespace,
        name: seatName(hubId, snapshot.job, seat.participant.name),
        jobUid: snapshot.job.metadata.uid ?? "",
        why,
      },
    ];
  });
}

/** Whether a member still holds an object of the seat. */
export function leavesTraces(seat: SeatObservation): boolean {
  return seat.anchorText !== undefined || seat.hasBatchJob || seat.activePods > 0;
}

/** The workers that all seats together ask for. */
export function countWorkers(snapshot: JobSnapshot): number {
  return snapshot.seats.reduce((sum, seat) => sum + seat.participant.workers, 0);
}

/** A short name for messages: `participant gcp (cluster gcp-europe-west4)`. */
export function describeSeat(seat: SeatObservation): string {
  return `participant ${seat.participant.name} (cluster ${seat.participant.cluster})`;
}

/** Namespace of the job on the hub. */
export function hubNamespace(snapshot: JobSnapshot): string {
  return jobNames(snapshot.job).namespace;
}
