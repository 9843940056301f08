import { stringify } from "yaml";
import type { KeyAndCertificate } from "./authority.ts";

/** What a kubeconfig joins: one API server, its CA and one user. */
export interface KubeconfigParts {
  readonly clusterName: string;
  /** `https://host:port` of the API server. */
  readonly url: string;
  readonly authorityPem: string;
  /** A client certificate or a bearer token. */
  readonly user: KeyAndCertificate | { readonly token: string };
}

/** Renders a kubeconfig with everything inlined, so that the file works wherever it is copied. */
export function renderKubeconfig(parts: KubeconfigParts): string {
  const name = parts.clusterName;
  const user =
    "token" in parts.user
      ? { token: parts.user.token }
      : {
          "client-certificate-data": base64(parts.user.certificatePem),
          "client-key-data": base64(parts.user.keyPem),
        };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: parts.url, "certificate-authority-data": base64(parts.authorityPem) } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
