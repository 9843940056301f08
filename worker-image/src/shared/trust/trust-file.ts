import { describeFinding, type FieldFinding } from "@tributary/contracts/fields";
import { isArgumentError, parseStrictJson } from "@tributary/federated";
import { TributaryError } from "@tributary/kit";

/** Reads JSON in which no object names a member twice: whoever reads the first and whoever reads the last would trust another. */
export function parseTrustJson(file: string, text: string): unknown {
  try {
    parseStrictJson(text, file);
  } catch (cause) {
    if (!isArgumentError(cause)) throw cause;
    throw peersInvalid(`${file} is not JSON with each name once: ${cause.message}`, cause);
  }
  return JSON.parse(text);
}

/** Refuses a file when there are findings; says the first and how many follow. */
export function refuseFindings(file: string, [first, ...more]: readonly FieldFinding[]): void {
  if (first === undefined) return;
  const rest = more.length === 0 ? "" : ` (and ${more.length} more)`;
  throw peersInvalid(`${file}: ${describeFinding(first)}${rest}`);
}

/** The error of trust that cannot be had. */
export function peersInvalid(message: string, cause?: unknown): TributaryError {
  return new TributaryError("PEERS_INVALID", message, cause === undefined ? {} : { cause });
}
