import { jobNames } from "../render/names.ts";
import type { JobSnapshot, SeatObservation } from "../snapshot.ts";

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
