export { apiVersionOf, Kinds, type ResourceKind } from "./api/kinds.ts";
export type { ObjectMeta } from "./api/object-meta.ts";
export {
  AuditChain,
  type AuditHead,
  type AuditSpan,
  type AuditVerdict,
  describeAuditEnd,
  describeAuditSpan,
  emptyTrail,
  type TextSha256,
  verifyAudit,
} from "./audit/audit-chain.ts";
export {
  type AuditDigests,
  type AuditEvent,
  AuditKind,
  type AuditLine,
  formatAuditLine,
  readAuditLine,
} from "./audit/audit-line.ts";
export { AuditSummary, type JobAudit } from "./audit/audit-summary.ts";
export { JobCondition, MemberCondition, Reason } from "./conditions.ts";
export { cutText } from "./cut-text.ts";
export { permanentTrainerExitCodes } from "./exit-codes.ts";
export { type SchemaRule, schemaRules, type UniqueList, uniqueLists } from "./generated/api/rules.ts";
export type { FederatedTrainingJob, MemberCluster, TrainingRound } from "./generated/api/types.ts";
export {
  type SchemaFinding,
  type SchemaValidator,
  validateFederatedTrainingJob,
  validateMemberCluster,
  validateTrainingRound,
} from "./generated/api/validators.js";
export * as gateV1 from "./generated/proto/tributary/gate/v1/gate_pb.js";
export * as controlV1 from "./generated/proto/tributary/round/v1/control_pb.js";
export * as partyV1 from "./generated/proto/tributary/round/v1/party_pb.js";
export * as termsV1 from "./generated/proto/tributary/round/v1/terms_pb.js";
export * as trainerV1 from "./generated/proto/tributary/trainer/v1/trainer_pb.js";
export {
  Annotation,
  apiGroup,
  apiVersion,
  cleanupFinalizer,
  FieldManager,
  gateTokenAudience,
  groupVersion,
  Label,
  operatorIdentity,
} from "./names.ts";
export {
  defaultTerminationMessagePath,
  formatTerminationMessage,
  parseTerminationMessage,
  type TerminationMessage,
  terminationMessageMaxBytes,
} from "./termination-message.ts";
