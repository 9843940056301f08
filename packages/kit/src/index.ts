export { Counter, Gauge, Histogram, Registry } from "prom-client";
export { readCertificates } from "./certificates/read-certificates.ts";
export {
  type CatalogueEntry,
  catalogue,
  Disposition,
  type ErrorCode,
  GrpcStatus,
  type GrpcStatusName,
  isErrorCode,
} from "./errors/catalogue.ts";
export {
  asTributaryError,
  type ErrorDetails,
  isTributaryError,
  TributaryError,
  type TributaryErrorOptions,
} from "./errors/tributary-error.ts";
export {
  type AnyFile,
  type Disk,
  type DiskFile,
  namingDisk,
  nodeDisk,
  type OpenFlags,
  realDisk,
} from "./files/disk.ts";
export {
  makeDirectoryDurably,
  readFileIfPresent,
  renameDurably,
  syncDirectory,
  syncFile,
  TEMPORARY_SUFFIX,
  writeFileDurably,
  writeNewFile,
} from "./files/durable-files.ts";
export {
  isStorageError,
  nameVolumes,
  retellStorageError,
  type StorageError,
  storageError,
  type Volume,
} from "./files/storage-error.ts";
export { SyncReader } from "./files/sync-reader.ts";
export { readFully, readUpTo, writeFully } from "./files/whole-file.ts";
export { type CallOptions, createGrpcClient, type GrpcClient, type GrpcClientOptions } from "./grpc/grpc-client.ts";
export { ERROR_CODE_METADATA, fromServiceError, toServiceError } from "./grpc/grpc-errors.ts";
export {
  addService,
  type CallContext,
  closeGrpc,
  createGrpcEndpoint,
  type ErrorObserver,
  endpointKeepalive,
  listenGrpc,
  type RequestBounds,
  type ServiceMethods,
} from "./grpc/grpc-service.ts";
export { listenGrpcOverTls, type TlsListener, type TlsListenerOptions } from "./grpc/grpc-tls-listener.ts";
export {
  type CallerTlsMaterial,
  createEndpointTlsCredentials,
  createTlsCredentials,
  type EndpointTlsMaterial,
  TLS_VERSION,
  type TlsMaterial,
} from "./grpc/tls-credentials.ts";
export {
  addGauge,
  createMetricsRegistry,
  type HealthEndpoint,
  type HealthOptions,
  startHealthEndpoint,
} from "./http/health-endpoint.ts";
export { allEnded } from "./process/all-ended.ts";
export { type Environment, readIntegerVariable, readVariable } from "./process/environment.ts";
export { inParallel } from "./process/in-parallel.ts";
export { type LastWords, leaveTerminationMessage } from "./process/leave-termination-message.ts";
export { createLogger, type Logger } from "./process/logger.ts";
export { type MainContext, runMain } from "./process/run-main.ts";
export { Closers } from "./process/shutdown.ts";
export { type BackoffBounds, backoffMs, NETWORK_BACKOFF } from "./time/backoff.ts";
export { type Clock, systemClock } from "./time/clock.ts";
export { withDeadline } from "./time/deadline.ts";
export { type RetryOptions, retry } from "./time/retry.ts";
