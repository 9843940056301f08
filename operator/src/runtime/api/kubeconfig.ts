import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Credential } from "./credential.ts";
import { type KubeconfigContext, type NamedFields, readCurrentContext } from "./kubeconfig-document.ts";
import { type ExecPlugin, execOf } from "./kubeconfig-exec.ts";
import { booleanOf, isGiven, kubeconfigError, textOf } from "./kubeconfig-fields.ts";
import { readCertificateBundle } from "./pem.ts";

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
  for (const key of filePathKeys) {
    const field = `${what} "${name}" ${key}`;
    if (textOf(fields[key], field))
      throw kubeconfigError(field, "names a file", "inline it: kubectl config view --minify --flatten");
  }
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

function endpointOf({ name, fields }: NamedFields): ApiEndpoint {
  const field = `cluster "${name}"`;
  const text = (key: string) => textOf(fields[key], `${field} ${key}`);
  const server = serverOf(`${field} server`, text("server") ?? "");
  if (booleanOf(fields["insecure-skip-tls-verify"], `${field} insecure-skip-tls-verify`))
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

/** What the address says of a user is never sent, but shown wherever the address is. */
function serverOf(field: string, server: string): string {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== "https:") throw kubeconfigError(field, "is no https URL", "write https://host:port");
  if (url.username === "" && url.password === "") return server;
  throw kubeconfigError(field, "holds a user or a password", "write https://host:port, and who you are among users");
}

function isProxy(url: string): boolean {
  return URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol);
}

/** Ways to be somebody that are not the identity itself. */
const refusedUserKeys: readonly (readonly [key: string, said: string, remedy: string])[] = [
  ...["as", "as-uid", "as-groups", "as-user-extra"].map(
    (key) => [key, "impersonates another user", "give the identity itself"] as const,
  ),
  ["auth-provider", "uses auth-provider", "use a token or a client certificate"],
  ...["username", "password"].map((key) => [key, "uses a password", "use a token or a client certificate"] as const),
];

function credentialOf({ name, fields }: NamedFields): Credential | undefined {
  const field = `user "${name}"`;
  for (const [key, said, remedy] of refusedUserKeys)
    if (isGiven(fields[key])) throw kubeconfigError(field, said, remedy);
  const text = (key: string) => textOf(fields[key], `${field} ${key}`);
  const certificate = certificateOf(field, text("client-certificate-data"), text("client-key-data"));
  const token = text("token")?.trim();
  if (token !== undefined && !isToken(token))
    throw kubeconfigError(
      `${field} token`,
      "holds blanks or other characters that no token has",
      "give the token alone",
    );
  if (!certificate && !token) return undefined;
  return { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(certificate ? { certificate } : {}) };
}

/** Whether a text can be sent as a bearer token. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]*$/u.test(text);
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

/**
 * As {@link parseKubeconfig}, of a context that was read before.
 *
 * @throws TributaryError KUBECONFIG_INVALID
 */
export function judgeContext(
  { cluster, user, namespace }: KubeconfigContext,
  policy: KubeconfigPolicy = {},
): ClusterAccess {
  refuseFilePath("cluster", cluster);
  refuseFilePath("user", user);
  const credential = credentialOf(user);
  const exec = execOf(user, cluster, policy.allowedExecCommands ?? []);
  if (!credential && !exec)
    throw kubeconfigError(`user "${user.name}"`, "has no credential", "give a token or a certificate");
  return {
    endpoint: endpointOf(cluster),
    ...(credential ? { credential } : {}),
    // As with kubectl, a plugin does not run for one who has a token.
    ...(exec && !credential?.authorization ? { exec } : {}),
    namespace: namespace ?? "default",
  };
}
