import { type Clock, systemClock } from "../clock.ts";
import type { Credential, CredentialSource } from "./credential.ts";
import { runExecPlugin } from "./exec-credential-run.ts";
import type { ApiEndpoint } from "./kubeconfig.ts";
import type { ExecPlugin } from "./kubeconfig-exec.ts";

/** What {@link execCredential} takes besides the plugin. */
export interface ExecCredentialOptions {
  /** Told to the plugin in KUBERNETES_EXEC_INFO when it asks for it. */
  readonly endpoint: ApiEndpoint;
  readonly clock?: Clock;
  /** Time the plugin may take, in milliseconds; 30 s by default. */
  readonly timeoutMs?: number;
  /** PATH by which the plugin is found, and with HOME its environment beside its own entries; those of this process by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Share of a credential's life after which it is fetched anew, while the old one still works. */
const refreshAtShare = 0.8;

/**
 * A credential that a program prints. One run serves all callers that wait; it is run again at 80 % of the
 * credential's life while callers keep the old one, and after the API server refused it. Never through a shell.
 */
export function execCredential(plugin: ExecPlugin, options: ExecCredentialOptions): CredentialSource {
  const clock = options.clock ?? systemClock;
  const stop = new AbortController();
  let held: { readonly credential: Credential; readonly refreshAtMs: number } | undefined;
  let running: Promise<Credential> | undefined;

  async function run(): Promise<Credential> {
    const fetchedAtMs = clock.nowMs();
    const { endpoint, timeoutMs = 30_000, environment = process.env } = options;
    const credential = await runExecPlugin(plugin, { endpoint, timeoutMs, environment, signal: stop.signal });
    const lifeMs = (credential.expiresAtMs ?? Number.POSITIVE_INFINITY) - fetchedAtMs;
    held = { credential, refreshAtMs: fetchedAtMs + lifeMs * refreshAtShare };
    return credential;
  }

  function fetchOnce(): Promise<Credential> {
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  }

  return {
    async current() {
      const nowMs = clock.nowMs();
      if (held === undefined || nowMs >= (held.credential.expiresAtMs ?? Number.POSITIVE_INFINITY)) return fetchOnce();
      if (nowMs >= held.refreshAtMs) {
        const early = held;
        // The old credential still works: a failed early run only postpones the next try.
        fetchOnce().catch(() => {
          held = { ...early, refreshAtMs: nowMs + 30_000 };
        });
      }
      return held.credential;
    },
    reject(credential) {
      if (held?.credential === credential) held = undefined;
    },
    close: () => stop.abort(),
  };
}
