/** What proves the operator's identity to one API server at one moment. */
export interface Credential {
  /** Value of the `authorization` header, for example `Bearer …`; left out when a certificate is the identity. */
  readonly authorization?: string;
  /** Certificate chain and key for TLS, PEM. A new pair means new connections. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** Wall-clock time at which it stops to work, when known, in milliseconds. */
  readonly expiresAtMs?: number;
}

/** Gives the credential to use now. Implementations keep what they fetched and share one fetch between callers. */
export interface CredentialSource {
  /** The credential to use now; may read a file or run a plugin. */
  current(signal: AbortSignal): Promise<Credential>;
  /** The API server refused `credential`: the next `current` must not return it from memory. */
  reject(credential: Credential): void;
  /** Stops timers and child processes. */
  close(): void;
}

/** A credential that never changes. */
export function fixedCredential(credential: Credential): CredentialSource {
  return { current: async () => credential, reject: () => {}, close: () => {} };
}
