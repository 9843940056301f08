import { catalogue, type Disposition, type ErrorCode } from "./catalogue.ts";

const brand = Symbol.for("tributary.dev/error");

/** Facts that go with an error: names and values, never secrets or training data. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

/** What a {@link TributaryError} is made from. */
export interface TributaryErrorOptions {
  /** Facts for logs and conditions. */
  readonly details?: ErrorDetails;
  /** The error that caused it. */
  readonly cause?: unknown;
  /** Least time until a retry, in milliseconds, where a peer said so. */
  readonly retryAfterMs?: number;
}

/** The one error type: a stable code, what to do about it, and one sentence with object, value and remedy. */
export class TributaryError extends Error {
  /** Stable code of the catalogue. */
  readonly code: ErrorCode;
  /** What a caller can do. */
  readonly disposition: Disposition;
  /** Facts for logs and conditions. */
  readonly details: ErrorDetails;
  /** Least time until a retry, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: TributaryErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "TributaryError";
    this.code = code;
    this.disposition = catalogue[code].disposition;
    this.details = Object.freeze({ ...options.details });
    this.retryAfterMs = options.retryAfterMs;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether a value is a {@link TributaryError}, also one made by another copy of this package; of `code` when given. */
export function isTributaryError(value: unknown, code?: ErrorCode): value is TributaryError {
  if (!(value instanceof Error) || !(brand in value)) return false;
  return code === undefined || (value as Error & { readonly code?: unknown }).code === code;
}

/** Any thrown value as a {@link TributaryError}; what is not one becomes INVARIANT_BROKEN with the value as its cause. */
export function asTributaryError(value: unknown): TributaryError {
  if (isTributaryError(value)) return value;
  const message = value instanceof Error ? value.message : String(value);
  return new TributaryError("INVARIANT_BROKEN", message, { cause: value });
}
