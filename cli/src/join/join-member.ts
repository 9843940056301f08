import { X509Certificate } from "node:crypto";
import { Kinds } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import type { ApiClient, ApiEndpoint, KubeObject } from "@tributary/operator";
import type { JoinRequest } from "./join-request.ts";
import { renderKubeconfig } from "./render-kubeconfig.ts";

/** One of the two clusters, with admin rights. */
export interface Side {
  readonly client: ApiClient;
  readonly endpoint: ApiEndpoint;
}

const fieldManager = "kubectl-tributary";

/**
 * Registers a member on the hub: a token of the hub's account in the member, a Secret with a kubeconfig that holds nothing
 * else, and the MemberCluster with the gate's CA. Doing it again renews the token and the CA.
 */
export async function joinMember(
  hub: Side,
  member: Side,
  request: JoinRequest,
): Promise<{ readonly fingerprint: string; readonly tokenEnds: string }> {
  const fingerprint = fingerprintOf(request.gateCaPem);
  const token = await member.client.createToken(request.serviceAccount, { expirationSeconds: request.tokenSeconds });
  const kubeconfig = renderKubeconfig(request, member.endpoint, token.token);
  const secretName = `member-${request.name}`;
  await hub.client.apply(
    Kinds.Secret,
    {
      metadata: {
        name: secretName,
        namespace: request.operatorNamespace,
        labels: { "app.kubernetes.io/managed-by": "tributary" },
      },
      type: "Opaque",
      data: { kubeconfig: Buffer.from(kubeconfig).toString("base64") },
    } as KubeObject,
    { fieldManager, force: true },
  );
  await hub.client.apply(
    Kinds.MemberCluster,
    {
      metadata: { name: request.name },
      spec: {
        access: { kubeconfig: { secretName } },
        ...(request.provider === undefined ? {} : { provider: request.provider }),
        ...(request.region === undefined ? {} : { region: request.region }),
        namespaces: request.namespaces,
        gate: { caBundle: request.gateCaPem },
      },
    } as KubeObject,
    { fieldManager, force: true },
  );
  return { fingerprint, tokenEnds: token.expirationTimestamp };
}

function fingerprintOf(pem: string): string {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch (error) {
    throw new TributaryError("ARGUMENT_INVALID", "--gate-ca holds no PEM certificate; it must be the gate's ca.crt", {
      cause: error,
    });
  }
}

/** Reads `hub=member` pairs. Throws ARGUMENT_INVALID naming the pair. */
export function parseNamespaceMap(pairs: readonly string[]): { hub: string; member: string }[] {
  return pairs.map((pair) => {
    const match = /^([a-z0-9-]{1,63})=([a-z0-9-]{1,63})$/u.exec(pair);
    if (match === null)
      throw new TributaryError(
        "ARGUMENT_INVALID",
        `--map is ${JSON.stringify(pair)}; must be <hub namespace>=<member namespace>`,
      );
    return { hub: match[1] as string, member: match[2] as string };
  });
}

/** Reads `namespace/name`. Throws ARGUMENT_INVALID. */
export function parseServiceAccount(text: string): { namespace: string; name: string } {
  const [namespace, name, rest] = text.split("/");
  if (!namespace || !name || rest !== undefined)
    throw new TributaryError(
      "ARGUMENT_INVALID",
      `--service-account is ${JSON.stringify(text)}; must be <namespace>/<name>`,
    );
  return { namespace, name };
}
