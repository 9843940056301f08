/** Condition types of a FederatedTrainingJob. */
export const JobCondition = {
  /** The spec is valid and everything that it names exists. */
  Accepted: "Accepted",
  /** Enough workers are placed, running and joined. */
  ClustersReady: "ClustersReady",
  /** The aggregator answers, and under masks nothing that is known keeps it from opening masked rounds. */
  AggregationReady: "AggregationReady",
  /** Rounds advance. */
  Progressing: "Progressing",
  /** The job runs with fewer participants than it asked for. */
  Degraded: "Degraded",
  /** The job is suspended. */
  Suspended: "Suspended",
  /** No participant can read another's update, or another organisation's, out of a sum. */
  PeerPrivacy: "PeerPrivacy",
  /** The job ended as it should; terminal. */
  Complete: "Complete",
  /** The job ended with an error; terminal. */
  Failed: "Failed",
} as const;
/** One of {@link JobCondition}. */
export type JobCondition = (typeof JobCondition)[keyof typeof JobCondition];

/** Condition types of a MemberCluster. */
export const MemberCondition = {
  /** The member answers, the credential works and at least one namespace is mapped and usable. */
  Ready: "Ready",
  /** The newest credential is in use and accepted. */
  CredentialsValid: "CredentialsValid",
  /** Every mapped namespace can be used. */
  NamespacesReady: "NamespacesReady",
  /** The member's nodes can be read, so that its free accelerators are known. */
  NodesVisible: "NodesVisible",
  /** The CA of the member's gate is registered and can be read. */
  GateTrusted: "GateTrusted",
  /** The member's cluster enforces NetworkPolicies, as its gate found. */
  EgressEnforced: "EgressEnforced",
  /** Nothing is left of jobs that exist no longer. */
  Clean: "Clean",
  /** True while a MemberCluster that is being deleted waits for jobs; absent otherwise. */
  ContentRemaining: "ContentRemaining",
  /** True while Ready is False for a cause that only a person can mend; absent otherwise. */
  Stalled: "Stalled",
} as const;
/** One of {@link MemberCondition}. */
export type MemberCondition = (typeof MemberCondition)[keyof typeof MemberCondition];

/** Reasons of conditions and events: stable words, listed in `docs/reference/conditions.md`. */
export const Reason = {
  Valid: "Valid",
  SpecInvalid: "SpecInvalid",
  ClusterNotFound: "ClusterNotFound",
  NamespaceNotMapped: "NamespaceNotMapped",
  RuntimeNotFound: "RuntimeNotFound",
  DatasetNotFound: "DatasetNotFound",
  ClaimNotFound: "ClaimNotFound",
  GateNotRegistered: "GateNotRegistered",
  GateCaInvalid: "GateCaInvalid",
  NetworkNotReported: "NetworkNotReported",
  ClusterLeaving: "ClusterLeaving",
  ClusterChanged: "ClusterChanged",
  RemovalForced: "RemovalForced",
  Collected: "Collected",
  ForeignObject: "ForeignObject",
  AllReady: "AllReady",
  BelowMinimum: "BelowMinimum",
  Placing: "Placing",
  ClusterUnreachable: "ClusterUnreachable",
  CredentialRejected: "CredentialRejected",
  KubeconfigInvalid: "KubeconfigInvalid",
  SecretNotFound: "SecretNotFound",
  RBACDenied: "RBACDenied",
  Connected: "Connected",
  Connecting: "Connecting",
  Unschedulable: "Unschedulable",
  VolumeNotBound: "VolumeNotBound",
  ImagePullFailed: "ImagePullFailed",
  WorkerFailed: "WorkerFailed",
  Evicted: "Evicted",
  Preempted: "Preempted",
  QuotaExceeded: "QuotaExceeded",
  PodSecurityRefused: "PodSecurityRefused",
  PodRefused: "PodRefused",
  TrainerStarting: "TrainerStarting",
  KindMissing: "KindMissing",
  LossNotFinite: "LossNotFinite",
  AggregatorReady: "AggregatorReady",
  AggregatorNotReady: "AggregatorNotReady",
  ModelSourceNotFound: "ModelSourceNotFound",
  RoundStarted: "RoundStarted",
  RoundCompleted: "RoundCompleted",
  RoundFailed: "RoundFailed",
  WaitingForWorkers: "WaitingForWorkers",
  Publishing: "Publishing",
  StorageUnavailable: "StorageUnavailable",
  ClockOffset: "ClockOffset",
  DeadlineTooShort: "DeadlineTooShort",
  Finished: "Finished",
  Deleting: "Deleting",
  NotAccepted: "NotAccepted",
  Suspended: "Suspended",
  Resumed: "Resumed",
  SecureAggregationOff: "SecureAggregationOff",
  TwoParticipants: "TwoParticipants",
  BelowOrganisations: "BelowOrganisations",
  OrganisationsHidden: "OrganisationsHidden",
  TooFewWorkers: "TooFewWorkers",
  TooFewOrganisations: "TooFewOrganisations",
  ThresholdImpossible: "ThresholdImpossible",
  QuorumTooLow: "QuorumTooLow",
  OrganisationInvalid: "OrganisationInvalid",
  UnmaskLost: "UnmaskLost",
  TargetReached: "TargetReached",
  Converged: "Converged",
  MaxRounds: "MaxRounds",
  ClusterLost: "ClusterLost",
  CleanupPending: "CleanupPending",
  CleanedUp: "CleanedUp",
  Abandoned: "Abandoned",
} as const;
/** One of {@link Reason}. */
export type Reason = (typeof Reason)[keyof typeof Reason];
