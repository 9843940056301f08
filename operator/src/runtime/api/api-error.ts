import { type ErrorCode, isTributaryError, TributaryError } from "@tributary/kit";
import { type Resource, resourceName } from "./resource.ts";

/** What was asked of which API server; every error of the runtime carries it. */
export interface CallContext {
  /** Name by which the operator knows the cluster. */
  readonly cluster: string;
  /** Kubernetes verb: get, list, watch, create, patch, delete. */
  readonly verb: string;
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** The `Status` object with which an API server refuses a call; only the fields that are read. */
export interface ApiStatus {
  readonly kind?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly code?: number;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string }[];
  };
}

interface Verdict {
  readonly code: ErrorCode;
  readonly remedy: string;
}

const verdicts: Readonly<Record<string, Verdict>> = {
  Unauthorized: { code: "CREDENTIAL_REJECTED", remedy: "renew the credential of this cluster" },
  Forbidden: { code: "FORBIDDEN", remedy: "grant the verb on the resource to the operator's identity" },
  NotFound: { code: "API_NOT_FOUND", remedy: "create the object or check its name and namespace" },
  ResourceMissing: { code: "API_NOT_FOUND", remedy: "install the CRD or check the group and version" },
  AlreadyExists: { code: "API_CONFLICT", remedy: "read the existing object and decide whether it is ours" },
  Conflict: { code: "API_CONFLICT", remedy: "read the object again and decide again" },
  Gone: { code: "API_CONFLICT", remedy: "list again" },
  Expired: { code: "API_CONFLICT", remedy: "list again" },
  TooManyRequests: { code: "API_UNAVAILABLE", remedy: "retry after the time the API server asked for" },
  RequestEntityTooLarge: { code: "API_REFUSED", remedy: "make the object smaller: etcd takes about 1.5 MiB" },
  Invalid: { code: "API_REFUSED", remedy: "correct the named fields" },
  BadRequest: { code: "API_REFUSED", remedy: "correct the request" },
  MethodNotAllowed: { code: "API_REFUSED", remedy: "use a verb that the resource serves" },
  UnsupportedMediaType: { code: "API_REFUSED", remedy: "use a patch type that the resource serves" },
};

/** Refusals that are answered with 403 though no right is missing, by what the API server says. */
const refusals: readonly { readonly pattern: RegExp; readonly verdict: Verdict }[] = [
  {
    pattern: /exceeded quota|failed quota/,
    verdict: { code: "API_REFUSED", remedy: "raise the ResourceQuota or remove what fills it" },
  },
  {
    pattern: /violates PodSecurity|denied the request|ValidatingAdmissionPolicy/,
    verdict: { code: "API_REFUSED", remedy: "correct what the rule names, or have its admin change the rule" },
  },
];

const reasonByHttpStatus: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "ResourceMissing",
  405: "MethodNotAllowed",
  409: "Conflict",
  410: "Expired",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid",
  429: "TooManyRequests",
};

/** The words `cluster "a": list pods in "ns"` with which every message starts. */
export function describeCall(context: CallContext): string {
  const where = context.namespace === undefined ? "" : ` in "${context.namespace}"`;
  const which = context.name === undefined ? "" : ` "${context.name}"`;
  return `cluster "${context.cluster}": ${context.verb} ${resourceName(context.resource)}${which}${where}`;
}

function detailsOf(context: CallContext, more: Record<string, string | number>) {
  return {
    cluster: context.cluster,
    verb: context.verb,
    resource: resourceName(context.resource),
    ...(context.namespace === undefined ? {} : { namespace: context.namespace }),
    ...(context.name === undefined ? {} : { name: context.name }),
    ...more,
  };
}

/**
 * The error for an answer that is not 2xx. `reason` in its details is the API's own reason, or one derived from the
 * HTTP status when the body is no `Status`: a bare 404 means that the API server does not serve the resource at all.
 */
export function refusedError(
  context: CallContext,
  httpStatus: number,
  status: ApiStatus,
  retryAfterMs?: number,
): TributaryError {
  const reason = status.reason || reasonByHttpStatus[httpStatus] || "InternalError";
  const refusal = refusals.find(({ pattern }) => reason === "Forbidden" && pattern.test(status.message ?? ""));
  const verdict = refusal?.verdict ?? verdicts[reason] ?? verdicts[reasonByHttpStatus[httpStatus] ?? ""];
  const { code, remedy } = verdict ?? { code: "API_UNAVAILABLE", remedy: "look at the API server's log and health" };
  const said = status.message ?? `HTTP ${httpStatus}`;
  return new TributaryError(code, `${describeCall(context)}: ${said} (${httpStatus} ${reason}); ${remedy}`, {
    details: detailsOf(context, { status: httpStatus, reason, remedy }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** The error for a call that got no whole answer: connection refused or cut, TLS refused, deadline, abort. */
export function failedCallError(
  context: CallContext,
  code: ErrorCode,
  reason: string,
  remedy: string,
  cause?: unknown,
): TributaryError {
  const message = safeMessage(cause);
  const said = message === "" ? "" : `: ${message}`;
  return new TributaryError(code, `${describeCall(context)}${said} (${reason}); ${remedy}`, {
    details: detailsOf(context, { reason, remedy }),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What a failure says, unless it quotes what was sent or received: both may hold a token. */
function safeMessage(cause: unknown): string {
  if (!(cause instanceof Error)) return "";
  if (cause instanceof SyntaxError) return "what came back is no JSON";
  const { code } = cause as Error & { code?: unknown };
  return typeof code === "string" && code.startsWith("ERR_INVALID_ARG_") ? code : cause.message;
}

/** The API reason inside an error of the runtime (`Conflict`, `Expired`, …), or undefined for any other value. */
export function apiReason(error: unknown): string | undefined {
  if (!isTributaryError(error)) return undefined;
  const reason = error.details.reason;
  return typeof reason === "string" ? reason : undefined;
}

/** The object does not exist, or its kind is not served. */
export function isNotFound(error: unknown): boolean {
  return isTributaryError(error, "API_NOT_FOUND");
}

/** The API server does not serve the resource: usually a CRD that is not installed. */
export function isResourceMissing(error: unknown): boolean {
  return apiReason(error) === "ResourceMissing";
}

/** An object of that name is there already. */
export function isAlreadyExists(error: unknown): boolean {
  return apiReason(error) === "AlreadyExists";
}

/** A precondition failed, another field manager owns a field, or the object changed meanwhile. */
export function isConflict(error: unknown): boolean {
  return apiReason(error) === "Conflict";
}

/** The resource version or the continue token is too old: list again. */
export function isExpired(error: unknown): boolean {
  const reason = apiReason(error);
  return reason === "Expired" || reason === "Gone";
}
