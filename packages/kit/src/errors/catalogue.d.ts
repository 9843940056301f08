/** What a caller can do about an error: the only question it has. */
export declare const Disposition: {
  /** The same call may work later: back off and retry. */
  readonly Transient: "transient";
  /** A precondition is not there yet: ask again at a known time. */
  readonly Wait: "wait";
  /** The input is wrong: no retry until it changes. */
  readonly Permanent: "permanent";
  /** A peer broke the contract or attacks: drop it, count it, alert. */
  readonly Protocol: "protocol";
  /** Our own bug. */
  readonly Defect: "defect";
};
/** One of the values of {@link Disposition}. */
export type Disposition = (typeof Disposition)[keyof typeof Disposition];
/** gRPC status codes by name, as the gRPC specification numbers them. */
export declare const GrpcStatus: {
  readonly INVALID_ARGUMENT: 3;
  readonly DEADLINE_EXCEEDED: 4;
  readonly NOT_FOUND: 5;
  readonly ALREADY_EXISTS: 6;
  readonly PERMISSION_DENIED: 7;
  readonly RESOURCE_EXHAUSTED: 8;
  readonly FAILED_PRECONDITION: 9;
  readonly ABORTED: 10;
  readonly OUT_OF_RANGE: 11;
  readonly UNIMPLEMENTED: 12;
  readonly INTERNAL: 13;
  readonly UNAVAILABLE: 14;
  readonly DATA_LOSS: 15;
  readonly UNAUTHENTICATED: 16;
};
/** Name of a gRPC status. */
export type GrpcStatusName = keyof typeof GrpcStatus;
/** What the catalogue says of one code. */
export interface CatalogueEntry {
  /** What a caller can do. */
  readonly disposition: Disposition;
  /** Status on a gRPC edge. */
  readonly grpc: GrpcStatusName;
  /** Reason of the condition that carries the error. */
  readonly reason: string;
  /** Exit code of a process that ends with it; 1 where none is set aside. Never reused. */
  readonly exitCode: number;
  /** Sentence that any peer may see. */
  readonly publicMessage: string;
}
/**
 * Every error code of Tributary. `docs/reference/errors.md` is compared with it in both directions. Codes and exit
 * codes are never reused; blocks of exit codes: trainer 10-29, sidecar 30-49, aggregator 50-69, gate 70-79, operator 80-99.
 */
export declare const catalogue: {
  readonly SPEC_INVALID: CatalogueEntry;
  readonly ARGUMENT_INVALID: CatalogueEntry;
  readonly CLUSTER_NOT_FOUND: CatalogueEntry;
  readonly NAMESPACE_NOT_MAPPED: CatalogueEntry;
  readonly RUNTIME_NOT_FOUND: CatalogueEntry;
  readonly DATASET_NOT_FOUND: CatalogueEntry;
  readonly KUBECONFIG_INVALID: CatalogueEntry;
  readonly SECRET_NOT_FOUND: CatalogueEntry;
  readonly CREDENTIAL_REJECTED: CatalogueEntry;
  readonly FORBIDDEN: CatalogueEntry;
  readonly MEMBER_UNREACHABLE: CatalogueEntry;
  readonly API_CONFLICT: CatalogueEntry;
  readonly API_UNAVAILABLE: CatalogueEntry;
  readonly API_NOT_FOUND: CatalogueEntry;
  readonly API_REFUSED: CatalogueEntry;
  readonly DEADLINE_EXCEEDED: CatalogueEntry;
  readonly OPERATION_ABORTED: CatalogueEntry;
  readonly QUEUE_FULL: CatalogueEntry;
  readonly ROUND_CONFLICT: CatalogueEntry;
  readonly ROUND_NOT_OPEN: CatalogueEntry;
  readonly QUORUM_NOT_REACHED: CatalogueEntry;
  readonly AGGREGATOR_UNREACHABLE: CatalogueEntry;
  readonly MODEL_SOURCE_NOT_FOUND: CatalogueEntry;
  readonly MODEL_SOURCE_INVALID: CatalogueEntry;
  readonly MODEL_MISMATCH: CatalogueEntry;
  readonly LEDGER_CORRUPT: CatalogueEntry;
  readonly STORAGE_UNAVAILABLE: CatalogueEntry;
  readonly CONFIGURATION_INVALID: CatalogueEntry;
  readonly IDENTITY_REJECTED: CatalogueEntry;
  readonly MESSAGE_CONFLICT: CatalogueEntry;
  readonly MESSAGE_INVALID: CatalogueEntry;
  readonly CHECKSUM_MISMATCH: CatalogueEntry;
  readonly REPORT_REFUSED: CatalogueEntry;
  readonly PROTOCOL_REFUSED: CatalogueEntry;
  readonly UNMASK_SPENT: CatalogueEntry;
  readonly TOKEN_REJECTED: CatalogueEntry;
  readonly ENROLMENT_REFUSED: CatalogueEntry;
  readonly GATE_UNREACHABLE: CatalogueEntry;
  readonly SIDECAR_STATE_LOST: CatalogueEntry;
  readonly TRAINER_LOST: CatalogueEntry;
  readonly TRAINER_LOSS_NOT_FINITE: CatalogueEntry;
  readonly TRAINER_TASK_UNKNOWN: CatalogueEntry;
  readonly TRAINER_DATA_MISSING: CatalogueEntry;
  readonly TRAINER_MODEL_INVALID: CatalogueEntry;
  readonly TRAINER_HYPERPARAMETER_INVALID: CatalogueEntry;
  readonly TRAINER_SIDECAR_LOST: CatalogueEntry;
  readonly IMAGE_PULL_FAILED: CatalogueEntry;
  readonly UNSCHEDULABLE: CatalogueEntry;
  readonly WORKER_FAILED: CatalogueEntry;
  readonly LEADERSHIP_LOST: CatalogueEntry;
  readonly LOCAL_CLOUDS_UNSUPPORTED: CatalogueEntry;
  readonly COMMAND_FAILED: CatalogueEntry;
  readonly INVARIANT_BROKEN: CatalogueEntry;
};
/** A code of the catalogue. */
export type ErrorCode = keyof typeof catalogue;
/** Whether a string is a code of the catalogue. */
export declare function isErrorCode(code: string): code is ErrorCode;
