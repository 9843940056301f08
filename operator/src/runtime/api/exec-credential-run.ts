import { type ExecFileException, type ExecFileOptions, execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { TributaryError } from "@tributary/kit";
import type { Credential } from "./credential.ts";
import { type ApiEndpoint, isToken } from "./kubeconfig.ts";
import { describeCommand, type ExecPlugin } from "./kubeconfig-exec.ts";

/** What {@link runExecPlugin} takes besides the plugin. */
export interface ExecPluginRun {
  /** Told to the plugin in KUBERNETES_EXEC_INFO when it asks for it. */
  readonly endpoint: ApiEndpoint;
  /** Time the plugin may take, in milliseconds. */
  readonly timeoutMs: number;
  /** PATH by which the plugin is found, and with HOME its environment beside its own entries. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Stops the plugin. */
  readonly signal: AbortSignal;
}

const maxOutputBytes = 1024 * 1024;

/**
 * The credential that one run of a plugin prints. Never through a shell, and with an empty standard input, so that a plugin
 * that reads it goes on.
 *
 * @throws TributaryError CREDENTIAL_REJECTED; never with what the plugin was given or printed
 */
export function runExecPlugin(plugin: ExecPlugin, run: ExecPluginRun): Promise<Credential> {
  const { PATH, HOME } = run.environment;
  const own = Object.fromEntries(plugin.env.map(({ name, value }) => [name, value]));
  const options = {
    env: { PATH, HOME, ...own, KUBERNETES_EXEC_INFO: execInfo(plugin, run.endpoint) },
    timeout: run.timeoutMs,
    killSignal: "SIGKILL",
    maxBuffer: maxOutputBytes,
    signal: run.signal,
    shell: false,
  } as const;
  return new Promise((resolve, reject) => {
    start(plugin, findProgram(plugin, PATH ?? ""), options, (error, stdout) => {
      if (error) return reject(rejected(plugin, describeEnd(error)));
      try {
        resolve(parseOutput(plugin, stdout));
      } catch (thrown) {
        reject(thrown);
      }
    });
  });
}

function start(
  plugin: ExecPlugin,
  program: string,
  options: ExecFileOptions,
  end: (error: ExecFileException | null, stdout: string) => void,
): void {
  try {
    const child = execFile(program, [...plugin.args], { ...options, encoding: "utf8" }, end);
    // A plugin that is gone already has closed its end.
    child.stdin?.on("error", () => {});
    child.stdin?.end();
  } catch {
    // What is thrown at once quotes the arguments or the environment.
    throw rejected(plugin, "could not be started with its arguments and variables");
  }
}

/** By this process's own PATH, as kubectl does: a PATH among the plugin's variables must not choose another program of its name. */
function findProgram(plugin: ExecPlugin, path: string): string {
  const { command } = plugin;
  if (/[/\\]/u.test(command)) return command;
  const names = process.platform === "win32" ? [command, `${command}.exe`, `${command}.com`] : [command];
  const files = path
    .split(delimiter)
    .filter(isAbsolute)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  const found = files.find(isProgram);
  if (found === undefined) throw rejected(plugin, "could not be started: it is in no folder of the PATH");
  return found;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** As client-go tells it. */
function execInfo(plugin: ExecPlugin, endpoint: ApiEndpoint): string {
  const { url, serverName, ca, proxyUrl } = endpoint;
  const cluster = {
    server: url,
    ...(serverName === undefined ? {} : { "tls-server-name": serverName }),
    ...(ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") }),
    ...(proxyUrl === undefined ? {} : { "proxy-url": proxyUrl }),
    ...plugin.clusterInfo,
  };
  return JSON.stringify({
    apiVersion: plugin.apiVersion,
    kind: "ExecCredential",
    spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster } : {}) },
  });
}

function describeEnd({ code, killed, signal }: ExecFileException): string {
  if (killed) return "took too long";
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") return "printed too much";
  if (code === "ABORT_ERR") return "was stopped";
  if (typeof code === "string") return `could not be started (${code})`;
  return `failed (${code ?? signal})`;
}

function rejected(plugin: ExecPlugin, said: string): TributaryError {
  const remedy = "run the command by hand in the same place";
  const command = describeCommand(plugin.command);
  return new TributaryError("CREDENTIAL_REJECTED", `exec plugin: ${command} ${said}; ${remedy}`, {
    details: { command, reason: "ExecPluginFailed", remedy },
  });
}

/** What an exec plugin prints: `ExecCredential` of `client.authentication.k8s.io`; only the fields that are read, unchecked. */
interface ExecCredentialOutput {
  readonly status?: Readonly<Record<string, unknown>>;
}

function parseOutput(plugin: ExecPlugin, stdout: string): Credential {
  let status: ExecCredentialOutput["status"];
  try {
    status = (JSON.parse(stdout) as ExecCredentialOutput).status;
  } catch {
    // The output may hold a token, so neither it nor the parser's message is kept.
    throw rejected(plugin, "printed no JSON");
  }
  const text = (field: string): string => (typeof status?.[field] === "string" ? status[field] : "");
  const [token, cert, key] = [text("token").trim(), text("clientCertificateData"), text("clientKeyData")];
  if (!token && !(cert && key)) throw rejected(plugin, "gave neither token nor certificate with key");
  if (!isToken(token)) throw rejected(plugin, "gave a token with blanks or other characters that no token has");
  const expiresAtMs = Date.parse(text("expirationTimestamp"));
  return {
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(cert && key ? { certificate: { cert, key } } : {}),
    ...(Number.isNaN(expiresAtMs) ? {} : { expiresAtMs }),
  };
}
