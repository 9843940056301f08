import { horizontal, missingKinds } from "@tributary/federated";
import type { ErrorCode } from "@tributary/kit";
import type { RegisteredTrainer } from "../../shared/trainer/registered-trainer.ts";

/** Whether a round can be opened with a seat. */
export const Fitness = {
  /** Its worker does not listen. */
  Away: "Away",
  /** Its worker listens, and its trainer has not registered yet. */
  Registering: "Registering",
  /** Its trainer has not registered for too long, or lacks a verb, or its gate does not vouch for it: waiting for it is of no use. */
  Unfit: "Unfit",
  /** Its worker listens, and its trainer does all that the recipe asks of the seat's role. */
  Fit: "Fit",
} as const;
/** One of {@link Fitness}. */
export type Fitness = (typeof Fitness)[keyof typeof Fitness];

/** What is known of a seat's worker. */
export interface SeatWorker {
  readonly isConnected: boolean;
  /** Its trainer; absent before one has registered. */
  readonly trainer: RegisteredTrainer | undefined;
  /** For how long the aggregator knows of no trainer, in milliseconds. */
  readonly registeringMs: number;
  /** Whether other members' workers would know it, as masked rounds ask. */
  readonly isKnown: boolean;
}

/** A verdict, and why a seat is unfit. */
export interface SeatFitness {
  readonly fitness: Fitness;
  readonly problem?: { readonly code: ErrorCode; readonly message: string };
}

/** Role of every seat: the recipe has no other. */
export const SEAT_ROLE = horizontal.roles[0]!.role;
/** A trainer that has not registered for so long counts as lost: as long as a sidecar waits for one that asks for no task. */
export const REGISTRATION_MS = 120_000;

const unknown = {
  code: "GATE_UNREACHABLE",
  message: "its gate has not vouched for it in the last minutes, so that other members' workers would not know it",
} as const;

/** Judges a seat by what its worker said when it joined. */
export function fitnessOf({ isConnected, trainer, registeringMs, isKnown }: SeatWorker): SeatFitness {
  if (isConnected && !isKnown) return { fitness: Fitness.Unfit, problem: unknown };
  if (trainer !== undefined) {
    const missing = missingKinds(horizontal, SEAT_ROLE, trainer.kinds);
    if (missing.length > 0) {
      const message = `its trainer does not do ${missing.join(", ")}, which this job asks of the role ${SEAT_ROLE}`;
      return { fitness: isConnected ? Fitness.Unfit : Fitness.Away, problem: { code: "KIND_MISSING", message } };
    }
    return { fitness: isConnected ? Fitness.Fit : Fitness.Away };
  }
  if (!isConnected) return { fitness: Fitness.Away };
  if (registeringMs < REGISTRATION_MS) return { fitness: Fitness.Registering };
  const message = `its trainer has not registered within ${REGISTRATION_MS / 1000} s`;
  return { fitness: Fitness.Unfit, problem: { code: "TRAINER_LOST", message } };
}
