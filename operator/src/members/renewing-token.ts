import { asTributaryError, type TributaryError } from "@tributary/kit";
import type { BoundToken } from "../runtime/api/api-client.ts";
import type { Credential, CredentialSource } from "../runtime/api/credential.ts";
import type { CancelTimer, Clock } from "../runtime/clock.ts";

/** What a service account token says of itself; its signature is the API server's business. */
export interface TokenClaims {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** Reads the claims of a bound service account token; undefined for any other bearer token. */
export function readTokenClaims(token: string): TokenClaims | undefined {
  try {
    const payload = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as {
      sub?: unknown;
      iat?: unknown;
      exp?: unknown;
    };
    const [system, kind, namespace, serviceAccount] = String(payload.sub).split(":");
    if (system !== "system" || kind !== "serviceaccount" || !namespace || !serviceAccount) return undefined;
    if (typeof payload.iat !== "number" || typeof payload.exp !== "number") return undefined;
    return { namespace, serviceAccount, issuedAtMs: payload.iat * 1000, expiresAtMs: payload.exp * 1000 };
  } catch {
    return undefined;
  }
}

/** What {@link renewingToken} needs. */
export interface RenewingTokenOptions {
  readonly token: string;
  readonly claims: TokenClaims;
  readonly clock: Clock;
  /** Asks the API server for the next token, with the one held now. */
  readonly renew: (seconds: number, signal: AbortSignal) => Promise<BoundToken>;
  /** Stores the next token where a restarted operator finds it. Called before the old one ends. */
  readonly save: (token: string, signal: AbortSignal) => Promise<void>;
  /** Told of a renewal that failed; it is tried again. */
  readonly onError: (error: TributaryError) => void;
}

/** Share of a token's life after which it is renewed. */
const renewAtShare = 0.8;
const retryMs = 30_000;

/**
 * A service account token that renews itself by TokenRequest at 80 % of its life, so that the member's admin hands over
 * one token once. Renewing starts with the first use; a failed try leaves the old token in use and comes again in 30 s.
 */
export function renewingToken(options: RenewingTokenOptions): CredentialSource {
  const { clock } = options;
  const stop = new AbortController();
  const lifeMs = options.claims.expiresAtMs - options.claims.issuedAtMs;
  let credential: Credential = bearer(options.token, options.claims.expiresAtMs);
  let cancel: CancelTimer | undefined;

  function bearer(token: string, expiresAtMs: number): Credential {
    return { authorization: `Bearer ${token}`, expiresAtMs };
  }

  function schedule(delayMs: number): void {
    cancel = clock.startTimer(Math.max(0, delayMs), () => {
      renewOnce().then(
        () => schedule((credential.expiresAtMs ?? 0) - lifeMs * (1 - renewAtShare) - clock.nowMs()),
        (error: unknown) => {
          if (stop.signal.aborted) return;
          options.onError(asTributaryError(error));
          schedule(retryMs);
        },
      );
    });
  }

  async function renewOnce(): Promise<void> {
    const next = await options.renew(Math.max(600, Math.round(lifeMs / 1000)), stop.signal);
    credential = bearer(next.token, Date.parse(next.expirationTimestamp));
    await options.save(next.token, stop.signal);
  }

  return {
    async current() {
      if (cancel === undefined && !stop.signal.aborted) {
        schedule(options.claims.issuedAtMs + lifeMs * renewAtShare - clock.nowMs());
      }
      return credential;
    },
    reject: () => {},
    close() {
      cancel?.();
      stop.abort(new Error("the credential is no longer used"));
    },
  };
}
