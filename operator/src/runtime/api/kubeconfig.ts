import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Credential } from "./credential.ts";
import {
  type KubeconfigContext,
  kubeconfigError,
  type NamedFields,
  readCurrentContext,
  textOf,
} from "./kubeconfig-document.ts";
import { readCertificateBundle } from "./pem.ts";

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
  /** HTTP proxy through which the API server is reached, by a tunnel. May hold a password. */
  readonly proxyUrl?: string;
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

function refuseFilePath(what: "cluster" | "user", { name, fields }: NamedFields): void {
  const key = filePathKeys.find((candidate) => fields[candidate] !== undefined);
  if (key === undefined) return;
  throw kubeconfigError(
    `${what} "${name}" ${key}`,
    "names a file",
    "inline it: kubectl config view --minify --flatten",
  );
}

function decodePem(field: string, encoded: string): string {
  const remedy = "give base64 of the PEM file, once: base64 -w0 FILE";
  if (encoded.includes("-----BEGIN ")) throw kubeconfigError(field, "is PEM itself", remedy);
  const compact = encoded.replace(/\s+/gu, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/u.test(compact)) throw kubeconfigError(field, "is not base64", remedy);
  const pem = Buffer.from(compact, "base64").toString("utf8");
  if (pem.includes("-----BEGIN ")) return pem;
  const isTwice = Buffer.from(pem, "base64").toString("utf8").includes("-----BEGIN ");
  throw kubeconfigError(field, isTwice ? "is base64 of base64" : "is not base64 of PEM", remedy);
}

function decodeCertificates(field: string, encoded: string): string {
  const pem = decodePem(field, encoded);
  const bundle = readCertificateBundle(pem);
  if (!bundle.isValid) throw kubeconfigError(field, bundle.problem, "give the whole PEM file");
  return pem;
}

/** A command line of a kubeconfig, with its types checked and not yet allowed. */
function parseExec(field: string, raw: unknown): ExecPlugin {
  const fields = typeof raw === "object" && raw !== null ? (raw as Record<string, unknown>) : {};
  const command = textOf(fields.command, `${field} command`);
  if (command === undefined) throw kubeconfigError(field, "has no command", "name the plugin's command");
  return {
    apiVersion: textOf(fields.apiVersion, `${field} apiVersion`) ?? "client.authentication.k8s.io/v1",
    command,
    args: listOf(fields.args, `${field} args`).map((arg, index) => textOf(arg, `${field} args[${index}]`) ?? ""),
    env: listOf(fields.env, `${field} env`).map((entry, index) => variableOf(entry, `${field} env[${index}]`)),
    provideClusterInfo: fields.provideClusterInfo === true,
  };
}

/** A command line from which something was left out is another command line, so what is no list is refused. */
function listOf(value: unknown, field: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw kubeconfigError(field, "is no list", 'write one entry a line, each after "- "');
}

function variableOf(entry: unknown, field: string): ExecPlugin["env"][number] {
  const { name, value } = typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : {};
  const known = textOf(name, `${field} name`);
  if (!known) throw kubeconfigError(field, "has no name", "write name and value");
  return { name: known, value: textOf(value, `${field} value`) ?? "" };
}

function endpointOf({ name, fields }: NamedFields): ApiEndpoint {
  const field = `cluster "${name}"`;
  const text = (key: string) => textOf(fields[key], `${field} ${key}`);
  const server = text("server") ?? "";
  if (!URL.canParse(server) || new URL(server).protocol !== "https:") {
    throw kubeconfigError(`${field} server`, "is no https URL", "write https://host:port");
  }
  if (fields["insecure-skip-tls-verify"])
    throw kubeconfigError(field, "skips TLS verification", "add certificate-authority-data");
  const proxyUrl = text("proxy-url");
  if (proxyUrl && !isProxy(proxyUrl))
    throw kubeconfigError(`${field} proxy-url`, "is no http or https URL", "write http://host:port");
  const ca = text("certificate-authority-data");
  const serverName = text("tls-server-name");
  return {
    url: server,
    ...(ca ? { ca: decodeCertificates(`${field} certificate-authority-data`, ca) } : {}),
    ...(serverName ? { serverName } : {}),
    ...(proxyUrl ? { proxyUrl } : {}),
  };
}

function isProxy(url: string): boolean {
  return URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol);
}

/** Ways to be somebody that are not the identity itself. */
const refusedUserKeys: readonly (readonly [key: string, said: string, remedy: string])[] = [
  ["as", "impersonates another user", "give the identity itself"],
  ["auth-provider", "uses auth-provider", "use a token or a client certificate"],
  ["username", "uses a password", "use a token or a client certificate"],
];

function credentialOf({ name, fields }: NamedFields): Credential | undefined {
  const field = `user "${name}"`;
  for (const [key, said, remedy] of refusedUserKeys) if (fields[key]) throw kubeconfigError(field, said, remedy);
  const text = (key: string) => textOf(fields[key], `${field} ${key}`);
  const certificate = certificateOf(field, text("client-certificate-data"), text("client-key-data"));
  const token = text("token")?.trim();
  if (token !== undefined && /[^\x21-\x7e]/u.test(token))
    throw kubeconfigError(
      `${field} token`,
      "holds blanks or other characters that no token has",
      "give the token alone",
    );
  if (!certificate && !token) return undefined;
  return { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(certificate ? { certificate } : {}) };
}

function certificateOf(field: string, cert: string | undefined, key: string | undefined): Credential["certificate"] {
  if (Boolean(cert) !== Boolean(key))
    throw kubeconfigError(field, "has a client certificate without its key, or the reverse", "give both");
  if (!cert || !key) return undefined;
  const pair = {
    cert: decodeCertificates(`${field} client-certificate-data`, cert),
    key: decodePem(`${field} client-key-data`, key),
  };
  if (!isPair(pair))
    throw kubeconfigError(`${field} client-key-data`, "is not the key of the client certificate", "give both anew");
  return pair;
}

function isPair({ cert, key }: { readonly cert: string; readonly key: string }): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function execOf({ name, fields }: NamedFields, policy: KubeconfigPolicy): ExecPlugin | undefined {
  if (!fields.exec) return undefined;
  const field = `user "${name}" exec`;
  const exec = parseExec(field, fields.exec);
  if ((policy.allowedExecCommands ?? []).includes(exec.command)) return exec;
  const remedy = "give a token or a client certificate: kubectl tributary join makes a token of the hub's own account";
  throw kubeconfigError(field, `command "${exec.command}" may not run here`, remedy);
}

/**
 * Judges the current context of a kubeconfig. A kubeconfig from a Secret is input of somebody else: it may not name
 * files, skip TLS verification, impersonate, or run a command that `policy` does not list. Other contexts of the
 * file are not looked at.
 *
 * @throws TributaryError KUBECONFIG_INVALID that names the field and what would be right; never with a secret in it.
 */
export function parseKubeconfig(text: string, policy: KubeconfigPolicy = {}): ClusterAccess {
  return judgeContext(readCurrentContext(text), policy);
}

function judgeContext({ cluster, user, namespace }: KubeconfigContext, policy: KubeconfigPolicy): ClusterAccess {
  refuseFilePath("cluster", cluster);
  refuseFilePath("user", user);
  const credential = credentialOf(user);
  const exec = execOf(user, policy);
  if (!credential && !exec)
    throw kubeconfigError(`user "${user.name}"`, "has no credential", "give a token or a certificate");
  return {
    endpoint: endpointOf(cluster),
    ...(credential ? { credential } : {}),
    ...(exec ? { exec } : {}),
    namespace: namespace ?? "default",
  };
}
