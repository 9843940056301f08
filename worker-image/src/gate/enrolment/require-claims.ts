import { gateTokenAudience } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { EnrolmentPolicy } from "./identify-worker.ts";

/** Longest token that is read; a bound service account token has about 1,200 characters. */
export const MAX_TOKEN_CHARACTERS = 8_192;

/**
 * Refuses a token whose own words already say that it is not for this gate. They prove nothing, since nobody checked the signature; but the
 * API server need not be asked about what is refused anyway.
 *
 * @throws TOKEN_REJECTED for no token of a service account for the audience, ENROLMENT_REFUSED for one of a namespace that is not served.
 */
export function requireClaims(token: string, { namespaces }: Pick<EnrolmentPolicy, "namespaces">): void {
  const claims = claimsOf(token);
  const audiences = [claims?.aud].flat();
  if (!audiences.includes(gateTokenAudience))
    throw new TributaryError("TOKEN_REJECTED", `the token is not one for the audience ${gateTokenAudience}`);
  const namespace = claims?.["kubernetes.io"]?.namespace;
  if (typeof namespace !== "string") throw new TributaryError("TOKEN_REJECTED", "the token is not a service account's");
  if (namespaces.includes(namespace)) return;
  throw new TributaryError(
    "ENROLMENT_REFUSED",
    `namespace ${JSON.stringify(namespace)} is not one of ${namespaces.join(", ")}`,
  );
}

interface Claims {
  readonly aud?: unknown;
  readonly "kubernetes.io"?: { readonly namespace?: unknown } | null;
}

function claimsOf(token: string): Claims | undefined {
  const parts = token.split(".");
  if (token.length > MAX_TOKEN_CHARACTERS || parts.length !== 3) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(parts[1]!, "base64url").toString("utf8")) as unknown;
    return typeof claims === "object" && claims !== null ? claims : undefined;
  } catch {
    return undefined;
  }
}
