import { status as grpcStatus, Metadata, type ServiceError } from "@grpc/grpc-js";
import { catalogue, type ErrorCode, GrpcStatus, isErrorCode } from "../errors/catalogue.ts";
import { asTributaryError, TributaryError } from "../errors/tributary-error.ts";

/** Trailing metadata that carries the code of the catalogue. */
export const ERROR_CODE_METADATA = "tributary-code";

/** Trailing metadata that says how long to wait before the next try, in milliseconds. */
const RETRY_AFTER_METADATA = "tributary-retry-after-ms";
/** Longest wait that a peer may ask for: another is none of its to ask. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/**
 * What a peer is shown of an error: status, public message, code of the catalogue and time until a retry, nothing else.
 *
 * The error itself belongs in the log of the side that threw it.
 */
export function toServiceError(error: unknown): Partial<ServiceError> & { code: number; details: string } {
  const { code, retryAfterMs } = asTributaryError(error);
  const entry = catalogue[code];
  const metadata = new Metadata();
  metadata.set(ERROR_CODE_METADATA, code);
  if (retryAfterMs !== undefined) metadata.set(RETRY_AFTER_METADATA, String(Math.ceil(retryAfterMs)));
  return Object.assign(new Error(entry.publicMessage), {
    code: GrpcStatus[entry.grpc],
    details: entry.publicMessage,
    metadata,
  });
}

/**
 * A caller's error as ours: the code that the peer sent, else one that fits the status.
 *
 * @param unreachable code for a peer that does not answer, for example `AGGREGATOR_UNREACHABLE`.
 * @param call names the call in the message, for example `Enrol at gate:8445`.
 */
export function fromServiceError(error: unknown, call: string, unreachable: ErrorCode): TributaryError {
  const known = error as Partial<ServiceError>;
  if (typeof known?.code !== "number") return asTributaryError(error);
  const sent = known.metadata?.get(ERROR_CODE_METADATA)[0];
  const code = typeof sent === "string" && isErrorCode(sent) ? sent : codeOfStatus(known.code, unreachable);
  const retryAfterMs = retryAfterOf(known.metadata?.get(RETRY_AFTER_METADATA)[0]);
  const text = `${call}: ${known.details ?? known.message ?? "no details"}`;
  return new TributaryError(code, text, { cause: error, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}

/** What a peer asked for, unless it is no time or a longer one than a peer may ask for. */
function retryAfterOf(sent: unknown): number | undefined {
  const retryAfterMs = typeof sent === "string" && /^\d{1,5}$/u.test(sent) ? Number(sent) : undefined;
  return retryAfterMs !== undefined && retryAfterMs <= LONGEST_RETRY_AFTER_MS ? retryAfterMs : undefined;
}

function codeOfStatus(status: number, unreachable: ErrorCode): ErrorCode {
  switch (status) {
    case grpcStatus.DEADLINE_EXCEEDED:
      return "DEADLINE_EXCEEDED";
    case grpcStatus.CANCELLED:
      return "OPERATION_ABORTED";
    case grpcStatus.RESOURCE_EXHAUSTED:
      return "QUEUE_FULL";
    case grpcStatus.UNAUTHENTICATED:
    case grpcStatus.PERMISSION_DENIED:
      return "IDENTITY_REJECTED";
    case grpcStatus.INVALID_ARGUMENT:
    case grpcStatus.UNIMPLEMENTED:
      return "MESSAGE_INVALID";
    case grpcStatus.INTERNAL:
    case grpcStatus.UNKNOWN:
    case grpcStatus.UNAVAILABLE:
      return unreachable;
    default:
      return "INVARIANT_BROKEN";
  }
}
