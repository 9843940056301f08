export { registerCollectorMetrics } from "./controllers/collector/collector-metrics.ts";
export { renderWindowPlan } from "./controllers/federated-training-job/act/window-plan.ts";
export { maskingProblemsOfSpec } from "./controllers/federated-training-job/decide/masking.ts";
export { registerJobMetrics } from "./controllers/federated-training-job/job-metrics.ts";
export { jobLabels, renderJobConfig } from "./controllers/federated-training-job/render/aggregator.ts";
export { seatName } from "./controllers/federated-training-job/render/names.ts";
export { renderAnchor, renderBatchJob, type SeatInput } from "./controllers/federated-training-job/render/seat.ts";
export { writeStatus } from "./controllers/federated-training-job/status/write-status.ts";
export { type OperatorConfiguration, readConfiguration } from "./main/configuration.ts";
export { kubeconfigHubAccess } from "./main/hub-access.ts";
export { nameReplica, runForLease } from "./main/leadership.ts";
export { type OperatorOptions, runOperator } from "./main/operator.ts";
export { type CircuitBreaker, type CircuitBreakerOptions, createCircuitBreaker } from "./members/circuit-breaker.ts";
export {
  accessFingerprint,
  readKubeconfigSecret,
  replaceToken,
  type SecretObject,
} from "./members/kubeconfig-secret.ts";
export {
  awayMs,
  heard,
  type LossClock,
  type PersistedLossClock,
  persistLossClock,
  readLossClock,
  unheard,
} from "./members/loss-clock.ts";
export type { Followed, FollowedParts } from "./members/member-link.ts";
export {
  createMemberLinks,
  type MemberAccess,
  type MemberLinkState,
  type MemberLinks,
  type MemberLinksOptions,
} from "./members/member-links.ts";
export { registerMemberMetrics } from "./members/member-metrics.ts";
export {
  type ApiClient,
  type ApplyOptions,
  type BoundToken,
  type CallOptions,
  createApiClient,
  createOrGet,
  type DeleteOptions,
  intentFor,
  type JsonPatchOperation,
  type ListOptions,
  type Page,
  type Selection,
  type WatchEvent,
  type WatchOptions,
} from "./runtime/api/api-client.ts";
export {
  apiReason,
  isAlreadyExists,
  isConflict,
  isExpired,
  isNotFound,
  isResourceMissing,
} from "./runtime/api/api-error.ts";
export {
  createOwnedApply,
  describeOwner,
  lookAtOwned,
  type OwnedApply,
  type OwnedCall,
  type Ownership,
  Whose,
} from "./runtime/api/apply-owned.ts";
export {
  type ClusterConnection,
  type ConnectOptions,
  connectCluster,
  type SourcedAccess,
} from "./runtime/api/connect-cluster.ts";
export type { CallObservation, Connection } from "./runtime/api/connection.ts";
export { type Credential, type CredentialSource, fixedCredential } from "./runtime/api/credential.ts";
export {
  type Applied,
  type ApplyCall,
  createIdempotentApply,
  type IdempotentApply,
} from "./runtime/api/idempotent-apply.ts";
export { type InClusterAccess, readInClusterAccess, tokenFileCredential } from "./runtime/api/in-cluster.ts";
export { addFinalizer, removeFinalizer } from "./runtime/api/k8s-finalizer.ts";
export {
  type ApiEndpoint,
  type ClusterAccess,
  judgeContext,
  type KubeconfigPolicy,
  parseKubeconfig,
} from "./runtime/api/kubeconfig.ts";
export {
  type KubeconfigContext,
  type KubeconfigReading,
  readCurrentContext,
} from "./runtime/api/kubeconfig-document.ts";
export { type ExecPlugin, isShowable } from "./runtime/api/kubeconfig-exec.ts";
export { kubeconfigError } from "./runtime/api/kubeconfig-fields.ts";
export { printKubeconfig } from "./runtime/api/kubeconfig-yaml.ts";
export {
  isDeleting,
  type KubeObject,
  type ObjectMeta,
  type ObjectRef,
  type OwnerReference,
  objectKey,
  parseObjectKey,
  type Unstructured,
} from "./runtime/api/object.ts";
export { type Resource, resourceName } from "./runtime/api/resource.ts";
export { byLabel, byNamespace, byOwnerUid, byUid } from "./runtime/cache/index-functions.ts";
export { createInformer, type Informer, type InformerOptions } from "./runtime/cache/informer.ts";
export type { CacheChange, ChangeListener, IndexFunction, ObjectReader } from "./runtime/cache/object-cache.ts";
export { type ReflectorReport, WatchEnd } from "./runtime/cache/reflector.ts";
export { chainTransforms, keepFields, stripBookkeeping, type Transform } from "./runtime/cache/transform.ts";
export { type Clock, type Random, systemClock } from "./runtime/clock.ts";
export {
  type ControllerOptions,
  type Reconcile,
  type ReconcileContext,
  ReconcileOutcome,
  type ReconcileReport,
  type ReconcileResult,
  type ReconcileWrapper,
  runController,
} from "./runtime/control/controller.ts";
export { createExpectations, type Expectations } from "./runtime/control/expectations.ts";
export {
  controllerPart,
  createManager,
  type Health,
  informerPart,
  leadershipPart,
  type Manager,
  type ManagerOptions,
  type Part,
} from "./runtime/control/manager.ts";
export {
  type IdentityProof,
  type LeaderElection,
  type LeaderElectionOptions,
  startLeaderElection,
} from "./runtime/leader/leader-election.ts";
export { admitWhileLeading, type LeadershipFence } from "./runtime/leader/leadership-fence.ts";
export type { LeaseCandidate } from "./runtime/leader/lease-record.ts";
export {
  createEventRecorder,
  type EventNote,
  type EventRecorder,
  type EventRecorderOptions,
} from "./runtime/observe/event-recorder.ts";
export { logReconciles } from "./runtime/observe/reconcile-log.ts";
export { createRuntimeMetrics, type RuntimeMetrics } from "./runtime/observe/runtime-metrics.ts";
export {
  activeTraceparent,
  createAsyncContextManager,
  traceCalls,
  traceparentOf,
  traceReconciles,
} from "./runtime/observe/tracing.ts";
export { createRetryLimit, type RetryLimit } from "./runtime/queue/retry-limit.ts";
export {
  createWorkQueue,
  Priority,
  type QueueReport,
  type WorkQueue,
  type WorkQueueOptions,
} from "./runtime/queue/work-queue.ts";
