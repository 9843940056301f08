import { createHash } from "node:crypto";
import { TributaryError } from "@tributary/kit";
import { parse } from "yaml";
import { printKubeconfig } from "../runtime/api/kubeconfig-yaml.ts";
import type { KubeObject } from "../runtime/api/object.ts";

/** A Secret as the API sends it. */
export interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Key under which a member's Secret holds the kubeconfig. */
export const kubeconfigKey = "kubeconfig";

/**
 * The kubeconfig inside a Secret.
 *
 * @throws TributaryError SECRET_NOT_FOUND when the Secret is not there, KUBECONFIG_INVALID when it has no such key.
 */
export function readKubeconfigSecret(name: string, secret: SecretObject | undefined): string {
  if (secret === undefined) {
    throw new TributaryError(
      "SECRET_NOT_FOUND",
      `Secret "${name}" does not exist; create it with key "${kubeconfigKey}"`,
    );
  }
  const encoded = secret.data?.[kubeconfigKey];
  if (encoded === undefined) {
    const keys = Object.keys(secret.data ?? {}).join(", ") || "none";
    throw new TributaryError("KUBECONFIG_INVALID", `Secret "${name}" has keys ${keys}; it needs "${kubeconfigKey}"`);
  }
  return Buffer.from(encoded, "base64").toString("utf8");
}

/** A digest that changes with the identity, the credential or the scope of a member, safe to log. */
export function accessFingerprint(uid: string, kubeconfig: string, scope = ""): string {
  return createHash("sha256")
    .update(JSON.stringify([uid, scope, kubeconfig]))
    .digest("hex")
    .slice(0, 16);
}

/** The kubeconfig with the token of its current user replaced; everything else stays. */
export function replaceToken(kubeconfig: string, token: string): string {
  const document = parse(kubeconfig) as {
    "current-context": string;
    contexts: { name: string; context: { user: string } }[];
    users: { name: string; user: Record<string, unknown> }[];
  };
  const context = document.contexts.find(({ name }) => name === document["current-context"]);
  const user = document.users.find(({ name }) => name === context?.context.user);
  if (user) user.user = { ...user.user, token };
  return printKubeconfig(document);
}
