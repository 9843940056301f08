import type { ErrorCode } from "@tributary/kit";

/** Codes that a trainer may end a task with: what those of this repository say, and what the contract has for others. */
const taskFailures = [
  "TRAINER_LOSS_NOT_FINITE",
  "TRAINER_TASK_UNKNOWN",
  "TRAINER_DATA_MISSING",
  "TRAINER_DATA_INVALID",
  "TRAINER_MODEL_INVALID",
  "TRAINER_HYPERPARAMETER_INVALID",
  "MESSAGE_INVALID",
  "CHECKSUM_MISMATCH",
  "STORAGE_FULL",
  "STORAGE_UNAVAILABLE",
  "DEADLINE_EXCEEDED",
  "OPERATION_ABORTED",
  "INVARIANT_BROKEN",
] as const satisfies readonly ErrorCode[];

/** Codes with which a sidecar tells that it cannot report. A reason that is not among them is the aggregator's, the operator's or nobody's to tell. */
const partyFailures = [
  ...taskFailures,
  "TERMS_REFUSED",
  "PROTOCOL_REFUSED",
  // The member's gate: it says no, knows the worker's pod no more, cannot be asked, or cannot read what its admin wrote.
  "ENROLMENT_REFUSED",
  "GATE_UNREACHABLE",
  "PEERS_INVALID",
  // Or it remembers sums of the same start that this one may not stand beside, or has no room to remember it.
  "DIFFERENCE_OF_JOBS",
  "GATE_MEMORY_FULL",
  "TRAINER_LOST",
  "REPORT_REFUSED",
  "MESSAGE_CONFLICT",
  // The model of the round: it is not offered any more, or not to this worker, or is none.
  "ROUND_NOT_OPEN",
  "IDENTITY_REJECTED",
  "MODEL_SOURCE_INVALID",
] as const satisfies readonly ErrorCode[];

/** What is told where the code is of no use, or not one that may be told. */
const OTHER = "WORKER_FAILED" satisfies ErrorCode;

/** Why a worker cannot report. */
export type PartyFailureCode = (typeof partyFailures)[number] | typeof OTHER;

/** The code of a trainer's failure, or WORKER_FAILED: a trainer may claim anything. */
export function taskFailureCode(claimed: string): (typeof taskFailures)[number] | typeof OTHER {
  return taskFailures.find((code) => code === claimed) ?? OTHER;
}

/** The code of a party's failure, or WORKER_FAILED: said by a sidecar of what it tells, held by an aggregator against what it is told. */
export function partyFailureCode(claimed: string): PartyFailureCode {
  return partyFailures.find((code) => code === claimed) ?? OTHER;
}
