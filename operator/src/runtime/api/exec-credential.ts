import { execFile } from "node:child_process";
import { TributaryError } from "@tributary/kit";
import { type Clock, systemClock } from "../clock.ts";
import type { Credential, CredentialSource } from "./credential.ts";
import type { ApiEndpoint, ExecPlugin } from "./kubeconfig.ts";

/** What an exec plugin prints: `ExecCredential` of `client.authentication.k8s.io`; only the fields that are read. */
interface ExecCredentialOutput {
  readonly status?: {
    readonly token?: string;
    readonly clientCertificateData?: string;
    readonly clientKeyData?: string;
    readonly expirationTimestamp?: string;
  };
}

/** What {@link execCredential} takes besides the plugin. */
export interface ExecCredentialOptions {
  /** Told to the plugin in KUBERNETES_EXEC_INFO when it asks for it. */
  readonly endpoint: ApiEndpoint;
  readonly clock?: Clock;
  /** Time the plugin may take, in milliseconds; 30 s by default. */
  readonly timeoutMs?: number;
  /** Environment of the plugin beside its own entries; PATH and HOME of this process by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Share of a credential's life after which it is fetched anew, while the old one still works. */
const refreshAtShare = 0.8;

function execInfo(plugin: ExecPlugin, endpoint: ApiEndpoint): string {
  const cluster = {
    server: endpoint.url,
    ...(endpoint.serverName === undefined ? {} : { "tls-server-name": endpoint.serverName }),
    ...(endpoint.ca === undefined ? {} : { "certificate-authority-data": Buffer.from(endpoint.ca).toString("base64") }),
  };
  return JSON.stringify({
    apiVersion: plugin.apiVersion,
    kind: "ExecCredential",
    spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster } : {}) },
  });
}

function rejected(plugin: ExecPlugin, said: string, cause?: unknown): TributaryError {
  const remedy = "run the command by hand in the same place";
  return new TributaryError("CREDENTIAL_REJECTED", `exec plugin "${plugin.command}" ${said}; ${remedy}`, {
    details: { command: plugin.command, reason: "ExecPluginFailed", remedy },
    ...(cause === undefined ? {} : { cause }),
  });
}

function parseOutput(plugin: ExecPlugin, stdout: string): Credential {
  let status: ExecCredentialOutput["status"];
  try {
    status = (JSON.parse(stdout) as ExecCredentialOutput).status;
  } catch {
    // The output may hold a token, so neither it nor the parser's message is kept.
    throw rejected(plugin, "printed no JSON");
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status ?? {};
  if (!token && !(cert && key)) throw rejected(plugin, "gave neither token nor certificate with key");
  const expiresAtMs = expirationTimestamp === undefined ? Number.NaN : Date.parse(expirationTimestamp);
  return {
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(cert && key ? { certificate: { cert, key } } : {}),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
  };
}

/**
 * A credential that a program prints. One run serves all callers that wait; it is run again at 80 % of the
 * credential's life while callers keep the old one, and after the API server refused it. Never through a shell.
 */
export function execCredential(plugin: ExecPlugin, options: ExecCredentialOptions): CredentialSource {
  const clock = options.clock ?? systemClock;
  const { PATH, HOME } = options.environment ?? process.env;
  const stop = new AbortController();
  let held: { readonly credential: Credential; readonly refreshAtMs: number } | undefined;
  let running: Promise<Credential> | undefined;

  function run(): Promise<Credential> {
    const fetchedAtMs = clock.nowMs();
    return new Promise((resolve, reject) => {
      const env = { PATH, HOME, ...Object.fromEntries(plugin.env.map(({ name, value }) => [name, value])) };
      execFile(
        plugin.command,
        [...plugin.args],
        {
          env: { ...env, KUBERNETES_EXEC_INFO: execInfo(plugin, options.endpoint) },
          timeout: options.timeoutMs ?? 30_000,
          killSignal: "SIGKILL",
          maxBuffer: 1024 * 1024,
          signal: stop.signal,
          shell: false,
        },
        (error, stdout) => {
          if (error) return reject(rejected(plugin, error.killed ? "took too long" : `failed (${error.code})`));
          try {
            const credential = parseOutput(plugin, stdout);
            const lifeMs = (credential.expiresAtMs ?? Number.POSITIVE_INFINITY) - fetchedAtMs;
            held = { credential, refreshAtMs: fetchedAtMs + lifeMs * refreshAtShare };
            resolve(credential);
          } catch (thrown) {
            reject(thrown);
          }
        },
      );
    });
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
