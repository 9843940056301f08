import { KubeConfig } from "@kubernetes/client-node";
import { TributaryError } from "@tributary/kit";
import { parse } from "yaml";
import type { Credential } from "./credential.ts";

/** A program that prints a credential (`client.authentication.k8s.io`), as a kubeconfig names it. */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly provideClusterInfo: boolean;
}

/** Where an API server is and how its certificate is checked. */
export interface ApiEndpoint {
  /** Origin and optional path prefix, for example `https://10.0.0.1:6443`. */
  readonly url: string;
  /** PEM certificates that may sign the API server's; the system's roots when left out. */
  readonly ca?: string;
  /** Name to expect in the API server's certificate, when it is not the host of `url`. */
  readonly serverName?: string;
}

/** One context of a kubeconfig, checked and without any file path. */
export interface ClusterAccess {
  readonly endpoint: ApiEndpoint;
  /** Static identity; left out when `exec` gives it. */
  readonly credential?: Credential;
  readonly exec?: ExecPlugin;
  /** Namespace of the context, `default` when it names none. */
  readonly namespace: string;
}

/** What {@link parseKubeconfig} may accept beyond the strict default. */
export interface KubeconfigPolicy {
  /** Commands that may run as exec plugins, compared as written; none by default. */
  readonly allowedExecCommands?: readonly string[];
}

/** Keys that make a reader open a file named by the author of the kubeconfig. */
const filePathKeys = ["certificate-authority", "client-certificate", "client-key", "tokenFile", "token-file"] as const;

function invalid(field: string, said: string, remedy: string, cause?: unknown): TributaryError {
  return new TributaryError("KUBECONFIG_INVALID", `kubeconfig ${field}: ${said}; ${remedy}`, {
    details: { field, reason: "KubeconfigInvalid", remedy },
    ...(cause === undefined ? {} : { cause }),
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseDocument(text: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    // The parser's message quotes the text, which holds keys and tokens: it must not reach a condition or a log.
    throw invalid("text", "is not YAML", "store the file as kubectl writes it", withoutText(error));
  }
  if (!isRecord(document)) throw invalid("text", "is not a mapping", "store the file as kubectl writes it");
  return document;
}

function withoutText(error: unknown): Error {
  return new Error(error instanceof Error ? error.name : "unknown parse error");
}

function refuseFilePaths(document: Record<string, unknown>): void {
  for (const [list, inner] of [
    ["clusters", "cluster"],
    ["users", "user"],
  ] as const) {
    const entries = Array.isArray(document[list]) ? document[list] : [];
    for (const [index, entry] of entries.entries()) {
      const body = isRecord(entry) ? entry[inner] : undefined;
      const key = isRecord(body) ? filePathKeys.find((candidate) => body[candidate] !== undefined) : undefined;
      if (key === undefined) continue;
      throw invalid(`${list}[${index}].${inner}.${key}`, "names a file", `inline it: kubectl config view --flatten`);
    }
  }
}

function decodePem(field: string, base64: string): string {
  const pem = Buffer.from(base64, "base64").toString("utf8");
  if (!pem.includes("-----BEGIN ")) throw invalid(field, "is not base64 of PEM", "encode the PEM file with base64");
  return pem;
}

/** A command line of a kubeconfig, with its types checked and not yet allowed. */
function parseExec(field: string, raw: unknown): ExecPlugin {
  if (!isRecord(raw) || typeof raw.command !== "string") {
    throw invalid(field, "has no command", "name the plugin's command");
  }
  const strings = (value: unknown) => (Array.isArray(value) ? value.filter((item) => typeof item === "string") : []);
  const env = Array.isArray(raw.env) ? raw.env.filter(isRecord) : [];
  return {
    apiVersion: String(raw.apiVersion ?? "client.authentication.k8s.io/v1"),
    command: raw.command,
    args: strings(raw.args),
    env: env.map((entry) => ({ name: String(entry.name), value: String(entry.value) })),
    provideClusterInfo: raw.provideClusterInfo === true,
  };
}

function load(document: Record<string, unknown>): KubeConfig {
  const config = new KubeConfig();
  try {
    // The checked document, not the text: two parsers may read one text differently, and client-node opens `token-file`.
    config.loadFromString(JSON.stringify(document));
  } catch (error) {
    throw invalid(
      "structure",
      error instanceof Error ? error.message : "is malformed",
      "compare with kubectl's",
      error,
    );
  }
  return config;
}

type KubeconfigCluster = NonNullable<ReturnType<KubeConfig["getCurrentCluster"]>>;
type KubeconfigUser = NonNullable<ReturnType<KubeConfig["getCurrentUser"]>>;

function endpointOf(cluster: KubeconfigCluster): ApiEndpoint {
  const field = `cluster "${cluster.name}"`;
  if (!URL.canParse(cluster.server) || new URL(cluster.server).protocol !== "https:") {
    throw invalid(field, `server "${cluster.server}" is no https URL`, "write https://host:port");
  }
  if (cluster.skipTLSVerify) throw invalid(field, "skips TLS verification", "add certificate-authority-data");
  if (cluster.proxyUrl) throw invalid(field, "names a proxy", "give an address that is reached without a proxy");
  return {
    url: cluster.server,
    ...(cluster.caData ? { ca: decodePem(`${field} certificate-authority-data`, cluster.caData) } : {}),
    ...(cluster.tlsServerName ? { serverName: cluster.tlsServerName } : {}),
  };
}

function credentialOf(user: KubeconfigUser): Credential | undefined {
  const field = `user "${user.name}"`;
  if (user.impersonateUser) throw invalid(field, "impersonates another user", "give the identity itself");
  if (user.authProvider) throw invalid(field, "uses auth-provider", "use an exec plugin or a token");
  if (user.username) throw invalid(field, "uses a password", "use a token or a client certificate");
  if (Boolean(user.certData) !== Boolean(user.keyData)) {
    throw invalid(field, "has a client certificate without its key, or the reverse", "give both");
  }
  const certificate =
    user.certData && user.keyData
      ? { cert: decodePem(`${field} certificate`, user.certData), key: decodePem(`${field} key`, user.keyData) }
      : undefined;
  if (!certificate && !user.token) return undefined;
  return {
    ...(user.token ? { authorization: `Bearer ${user.token.trim()}` } : {}),
    ...(certificate ? { certificate } : {}),
  };
}

/**
 * Reads the current context of a kubeconfig. A kubeconfig from a Secret is input of somebody else: it may not name
 * files, skip TLS verification, use a proxy, impersonate, or run a command that `policy` does not list.
 *
 * @throws TributaryError KUBECONFIG_INVALID that names the field and what would be right; never with a secret in it.
 */
export function parseKubeconfig(text: string, policy: KubeconfigPolicy = {}): ClusterAccess {
  const document = parseDocument(text);
  refuseFilePaths(document);
  const config = load(document);
  const context = config.getContextObject(config.getCurrentContext());
  if (!context) throw invalid("current-context", "names no context", "set it: kubectl config use-context NAME");
  const cluster = config.getCluster(context.cluster);
  if (!cluster) throw invalid(`context "${context.name}"`, "names no cluster of the file", "add the cluster");
  const user = config.getUser(context.user);
  if (!user) throw invalid(`context "${context.name}"`, "names no user of the file", "add the user");
  const credential = credentialOf(user);
  const exec = user.exec ? parseExec(`user "${user.name}" exec`, user.exec) : undefined;
  if (exec && !(policy.allowedExecCommands ?? []).includes(exec.command)) {
    throw invalid(`user "${user.name}" exec`, `command "${exec.command}" is not allowed`, "add it to the allow-list");
  }
  if (!credential && !exec) throw invalid(`user "${user.name}"`, "has no credential", "give a token or a certificate");
  return {
    endpoint: endpointOf(cluster),
    ...(credential ? { credential } : {}),
    ...(exec ? { exec } : {}),
    namespace: context.namespace ?? "default",
  };
}
