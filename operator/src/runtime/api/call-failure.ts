import type { ErrorCode, TributaryError } from "@tributary/kit";
import { type CallContext, failedCallError } from "./api-error.ts";

/** The error code of a Node or undici failure, looked for through its causes. */
function systemCode(error: unknown): string {
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const code = (cause as Error & { code?: unknown }).code;
    if (typeof code === "string") return code;
  }
  return "";
}

/** Failures that come before a byte of the request left this machine: any verb may be sent again. */
const beforeSending = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

const certificateCodes = /CERT|ISSUER|SELF_SIGNED|VERIFY|ERR_TLS_|ERR_SSL_/;

/** Why a call failed without a whole answer, and whether the request can have reached the API server. */
export interface CallFailure {
  readonly error: TributaryError;
  /** True when the API server cannot have seen the request. */
  readonly isUnsent: boolean;
  /** False for what cannot get better by sending again: certificates, an oversized answer. */
  readonly isTransient: boolean;
}

/** Translates a failure of the transport into the runtime's error. `unreachable` is the code for a silent cluster. */
export function callFailure(context: CallContext, thrown: unknown, unreachable: ErrorCode): CallFailure {
  const code = systemCode(thrown);
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") {
    const error = failedCallError(context, "API_REFUSED", "AnswerTooLarge", "ask for a smaller page", thrown);
    return { error, isUnsent: false, isTransient: false };
  }
  if (certificateCodes.test(code)) {
    const remedy = "check certificate-authority-data, tls-server-name and the client certificate";
    const error = failedCallError(context, "KUBECONFIG_INVALID", "TlsRejected", remedy, thrown);
    return { error, isUnsent: true, isTransient: false };
  }
  const remedy = "check the address, the network between the clusters and the API server's health";
  const error = failedCallError(context, unreachable, code === "" ? "ConnectionLost" : code, remedy, thrown);
  return { error, isUnsent: beforeSending.has(code), isTransient: true };
}

/** The error of a call whose deadline passed. */
export function deadlineError(context: CallContext, deadlineMs: number): TributaryError {
  const remedy = "check the API server's health, or give the call more time";
  return failedCallError(
    context,
    "DEADLINE_EXCEEDED",
    "DeadlineExceeded",
    remedy,
    new Error(`no answer in ${deadlineMs} ms`),
  );
}

/** The error of a call that its caller gave up. */
export function abortedError(context: CallContext, reason: unknown): TributaryError {
  return failedCallError(context, "OPERATION_ABORTED", "Aborted", "nothing: the caller gave it up", reason);
}

/** The error of a call refused because too many wait. */
export function queueFullError(context: CallContext, waiting: number): TributaryError {
  return failedCallError(
    context,
    "QUEUE_FULL",
    "QueueFull",
    "lower the concurrency of the controllers or wait",
    new Error(`${waiting} calls wait for a connection`),
  );
}
