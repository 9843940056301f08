/** What a caller can do about an error: the only question it has. */
export const Disposition = {
  /** The same call may work later: back off and retry. */
  Transient: "transient",
  /** A precondition is not there yet: ask again at a known time. */
  Wait: "wait",
  /** The input is wrong: no retry until it changes. */
  Permanent: "permanent",
  /** A peer broke the contract or attacks: drop it, count it, alert. */
  Protocol: "protocol",
  /** Our own bug. */
  Defect: "defect",
} as const;
/** One of the values of {@link Disposition}. */
export type Disposition = (typeof Disposition)[keyof typeof Disposition];

/** gRPC status codes by name, as the gRPC specification numbers them. */
export const GrpcStatus = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;
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

function entry(
  disposition: Disposition,
  grpc: GrpcStatusName,
  reason: string,
  publicMessage: string,
  exitCode = 1,
): CatalogueEntry {
  return { disposition, grpc, reason, exitCode, publicMessage };
}

const { Transient, Wait, Permanent, Protocol, Defect } = Disposition;

/**
 * Every error code of Tributary. `docs/reference/errors.md` is compared with it in both directions. Codes and exit
 * codes are never reused; blocks of exit codes: trainer 10-29, sidecar 30-49, aggregator 50-69, gate 70-79, operator 80-99.
 */
export const catalogue = {
  SPEC_INVALID: entry(Permanent, "INVALID_ARGUMENT", "SpecInvalid", "The object breaks a rule of the API."),
  ARGUMENT_INVALID: entry(Permanent, "INVALID_ARGUMENT", "ArgumentInvalid", "An argument lies outside its bounds."),
  CLUSTER_NOT_FOUND: entry(Permanent, "NOT_FOUND", "ClusterNotFound", "No MemberCluster has this name."),
  NAMESPACE_NOT_MAPPED: entry(
    Permanent,
    "PERMISSION_DENIED",
    "NamespaceNotMapped",
    "The member cluster maps no namespace for this job.",
  ),
  RUNTIME_NOT_FOUND: entry(Permanent, "NOT_FOUND", "RuntimeNotFound", "The member cluster offers no such runtime."),
  DATASET_NOT_FOUND: entry(
    Permanent,
    "NOT_FOUND",
    "DatasetNotFound",
    "The member cluster offers no such data set for the runtime.",
  ),
  KUBECONFIG_INVALID: entry(Permanent, "INVALID_ARGUMENT", "KubeconfigInvalid", "The kubeconfig cannot be used."),
  SECRET_NOT_FOUND: entry(Wait, "NOT_FOUND", "SecretNotFound", "The Secret does not exist yet."),
  CREDENTIAL_REJECTED: entry(
    Permanent,
    "UNAUTHENTICATED",
    "CredentialRejected",
    "The API server refused the credential.",
  ),
  FORBIDDEN: entry(Permanent, "PERMISSION_DENIED", "RBACDenied", "The API server forbids this call."),
  MEMBER_UNREACHABLE: entry(Transient, "UNAVAILABLE", "ClusterUnreachable", "The member cluster does not answer."),
  MEMBER_LEAVING: entry(
    Wait,
    "FAILED_PRECONDITION",
    "ClusterLeaving",
    "The member cluster is being deleted and takes nothing new.",
  ),
  API_CONFLICT: entry(Transient, "ABORTED", "Conflict", "The object changed meanwhile."),
  API_UNAVAILABLE: entry(Transient, "UNAVAILABLE", "ApiUnavailable", "The API server does not answer."),
  API_NOT_FOUND: entry(Wait, "NOT_FOUND", "NotFound", "The object or its kind does not exist."),
  NAME_TAKEN: entry(
    Wait,
    "ALREADY_EXISTS",
    "NameTaken",
    "An object of this name is there and belongs to somebody else.",
  ),
  API_REFUSED: entry(Permanent, "INVALID_ARGUMENT", "Refused", "The API server refused the object."),
  DEADLINE_EXCEEDED: entry(Transient, "DEADLINE_EXCEEDED", "DeadlineExceeded", "The call took longer than it may."),
  OPERATION_ABORTED: entry(Transient, "ABORTED", "Aborted", "The call was given up."),
  QUEUE_FULL: entry(Transient, "RESOURCE_EXHAUSTED", "QueueFull", "Too much work is waiting."),
  ROUND_CONFLICT: entry(
    Permanent,
    "FAILED_PRECONDITION",
    "RoundConflict",
    "The plan contradicts rounds that are open or committed.",
  ),
  ROUND_NOT_OPEN: entry(Wait, "FAILED_PRECONDITION", "RoundNotOpen", "The round is not open."),
  QUORUM_NOT_REACHED: entry(Wait, "FAILED_PRECONDITION", "QuorumNotReached", "Too few workers reported."),
  AGGREGATOR_UNREACHABLE: entry(
    Transient,
    "UNAVAILABLE",
    "AggregatorUnreachable",
    "The job's aggregator does not answer.",
  ),
  MODEL_SOURCE_NOT_FOUND: entry(Permanent, "NOT_FOUND", "ModelSourceNotFound", "The model source does not exist.", 50),
  MODEL_SOURCE_INVALID: entry(
    Permanent,
    "INVALID_ARGUMENT",
    "ModelSourceInvalid",
    "The model source cannot be read.",
    51,
  ),
  MODEL_MISMATCH: entry(
    Permanent,
    "FAILED_PRECONDITION",
    "ModelMismatch",
    "The model is not the one that the job pinned.",
    52,
  ),
  MODEL_NOT_FINITE: entry(
    Permanent,
    "OUT_OF_RANGE",
    "ModelNotFinite",
    "The next model or the state of the strategy would overflow.",
    57,
  ),
  LEDGER_CORRUPT: entry(
    Permanent,
    "DATA_LOSS",
    "LedgerCorrupt",
    "The ledger or a checkpoint does not match its digest.",
    53,
  ),
  LEDGER_VERSION_UNKNOWN: entry(
    Permanent,
    "FAILED_PRECONDITION",
    "LedgerVersionUnknown",
    "The ledger was written by another release, whose version of it this one does not read.",
    58,
  ),
  STORAGE_UNAVAILABLE: entry(Transient, "UNAVAILABLE", "StorageUnavailable", "A volume cannot be used.", 54),
  SUM_DAMAGED: entry(Transient, "DATA_LOSS", "SumDamaged", "A sum on the aggregator's disk does not match its digest."),
  STORAGE_FULL: entry(Transient, "RESOURCE_EXHAUSTED", "StorageFull", "The volume is full.", 56),
  CONFIGURATION_INVALID: entry(
    Permanent,
    "INVALID_ARGUMENT",
    "ConfigurationInvalid",
    "The process was configured wrongly.",
    55,
  ),
  IDENTITY_REJECTED: entry(
    Protocol,
    "UNAUTHENTICATED",
    "IdentityRejected",
    "The certificate does not name a seat of this job.",
  ),
  SEAT_TAKEN: entry(Wait, "FAILED_PRECONDITION", "SeatTaken", "A worker with a later certificate sits on this seat."),
  MESSAGE_CONFLICT: entry(Protocol, "DATA_LOSS", "MessageConflict", "Other bytes were sent for the same message."),
  MESSAGE_INVALID: entry(Protocol, "INVALID_ARGUMENT", "MessageInvalid", "The message cannot be read."),
  CHECKSUM_MISMATCH: entry(Protocol, "DATA_LOSS", "ChecksumMismatch", "The bytes do not match their digest."),
  REPORT_REFUSED: entry(Protocol, "OUT_OF_RANGE", "ReportRefused", "The report does not have the shape of the model."),
  PROTOCOL_REFUSED: entry(
    Protocol,
    "FAILED_PRECONDITION",
    "ProtocolRefused",
    "A step of the masking protocol was refused.",
  ),
  TERMS_REFUSED: entry(
    Protocol,
    "FAILED_PRECONDITION",
    "TermsRefused",
    "A worker refused what a round asks of it before it trained anything.",
  ),
  DIFFERENCE_OF_JOBS: entry(
    Wait,
    "FAILED_PRECONDITION",
    "DifferenceOfJobs",
    "With a sum that the member signed before, this one would single somebody out.",
  ),
  GATE_MEMORY_FULL: entry(
    Wait,
    "RESOURCE_EXHAUSTED",
    "GateMemoryFull",
    "The gate remembers as many starts of this seat as its member's admin lets it.",
  ),
  GATE_STATE_DAMAGED: entry(
    Permanent,
    "DATA_LOSS",
    "GateStateDamaged",
    "A file in which the gate remembers does not match its digests.",
    72,
  ),
  PEERS_INVALID: entry(
    Permanent,
    "FAILED_PRECONDITION",
    "PeersInvalid",
    "The member's peer list or policy cannot be read, or contradicts itself.",
  ),
  KIND_MISSING: entry(
    Permanent,
    "FAILED_PRECONDITION",
    "KindMissing",
    "The trainer of a worker lacks a verb that the job asks of its role.",
  ),
  UNMASK_SPENT: entry(Wait, "FAILED_PRECONDITION", "UnmaskSpent", "The announced sum got too few answers."),
  UNMASK_LOST: entry(
    Permanent,
    "FAILED_PRECONDITION",
    "UnmaskLost",
    "An announced sum can neither be opened nor repeated: a worker of it has no seat any more.",
  ),
  TOKEN_REJECTED: entry(Permanent, "UNAUTHENTICATED", "TokenRejected", "The gate refused the token.", 70),
  ENROLMENT_REFUSED: entry(
    Permanent,
    "PERMISSION_DENIED",
    "EnrolmentRefused",
    "The gate refused to enrol the worker.",
    71,
  ),
  GATE_UNREACHABLE: entry(Transient, "UNAVAILABLE", "GateUnreachable", "The gate does not answer.", 30),
  SIDECAR_STATE_LOST: entry(
    Transient,
    "ABORTED",
    "SidecarStateLost",
    "The sidecar lost its state of the open round.",
    31,
  ),
  AGGREGATOR_OUTDATED: entry(
    Permanent,
    "FAILED_PRECONDITION",
    "AggregatorOutdated",
    "The job's aggregator speaks an older version of the protocol than its worker; upgrade the hub.",
    33,
  ),
  TRAINER_LOST: entry(Transient, "UNAVAILABLE", "TrainerLost", "The trainer of the worker ended.", 32),
  TRAINER_LOSS_NOT_FINITE: entry(
    Permanent,
    "OUT_OF_RANGE",
    "LossNotFinite",
    "The loss became NaN or infinite; lower the learning rate or look at the data.",
    10,
  ),
  TRAINER_TASK_UNKNOWN: entry(
    Permanent,
    "UNIMPLEMENTED",
    "TaskUnknown",
    "The trainer does not know this kind of task.",
    11,
  ),
  TRAINER_DATA_MISSING: entry(Permanent, "NOT_FOUND", "DataMissing", "The data set holds no usable samples.", 12),
  TRAINER_DATA_INVALID: entry(Permanent, "INVALID_ARGUMENT", "DataInvalid", "The data set cannot be read as text.", 16),
  TRAINER_MODEL_INVALID: entry(Permanent, "INVALID_ARGUMENT", "ModelInvalid", "The trainer cannot use this model.", 13),
  TRAINER_HYPERPARAMETER_INVALID: entry(
    Permanent,
    "INVALID_ARGUMENT",
    "HyperparameterInvalid",
    "A hyperparameter lies outside its bounds.",
    14,
  ),
  TRAINER_SIDECAR_LOST: entry(
    Transient,
    "UNAVAILABLE",
    "SidecarLost",
    "The sidecar does not answer on its socket.",
    15,
  ),
  IMAGE_PULL_FAILED: entry(Wait, "UNAVAILABLE", "ImagePullFailed", "An image cannot be pulled."),
  UNSCHEDULABLE: entry(Wait, "RESOURCE_EXHAUSTED", "Unschedulable", "No node has room for a worker."),
  WORKER_FAILED: entry(Permanent, "ABORTED", "WorkerFailed", "A worker failed more often than it may."),
  LEADERSHIP_LOST: entry(Transient, "ABORTED", "LeadershipLost", "Another replica leads."),
  LOCAL_CLOUDS_UNSUPPORTED: entry(
    Permanent,
    "FAILED_PRECONDITION",
    "LocalCloudsUnsupported",
    "This machine cannot run local clouds.",
  ),
  COMMAND_FAILED: entry(Permanent, "ABORTED", "CommandFailed", "A command ended with an error."),
  INVARIANT_BROKEN: entry(Defect, "INTERNAL", "InternalError", "Internal error."),
} as const satisfies Record<string, CatalogueEntry>;

/** A code of the catalogue. */
export type ErrorCode = keyof typeof catalogue;

/** Whether a string is a code of the catalogue. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(catalogue, code);
}
