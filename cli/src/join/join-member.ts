import { Kinds, type MemberCluster } from "@tributary/contracts";
import { isTributaryError, TributaryError } from "@tributary/kit";
import {
  type ApiClient,
  type ApiEndpoint,
  type BoundToken,
  type ClusterConnection,
  connectCluster,
  isNotFound,
  type KubeObject,
  parseKubeconfig,
} from "@tributary/operator";
import type { JoinRequest } from "./join-request.ts";
import { hubEndpoint, renderKubeconfig, untriedParts } from "./render-kubeconfig.ts";
import { tryCredential } from "./try-credential.ts";

/** One of the two clusters, with admin rights. */
export interface Side {
  readonly client: ApiClient;
  readonly endpoint: ApiEndpoint;
}

const fieldManager = "kubectl-tributary";
const managedBy = { "app.kubernetes.io/managed-by": "tributary" };

/**
 * Registers a member on the hub: a token of the hub's account in the member, tried there; a Secret with a kubeconfig that
 * holds nothing else; and the MemberCluster with the gate's CA. Doing it again renews the token and the CA and keeps the rest.
 *
 * @throws TributaryError before anything is written when the member does not take the credential
 */
export async function joinMember(
  hub: Side,
  member: Side,
  request: JoinRequest,
): Promise<{ readonly tokenEnds: string; readonly untried: readonly string[] }> {
  const secretName = `member-${request.name}`;
  const known = await lookAtHub(hub.client, request, secretName);
  const token = await makeToken(member.client, request);
  const endpoint = hubEndpoint(member.endpoint, request.route);
  const kubeconfig = renderKubeconfig(request, endpoint, token.token);
  await tryOut(kubeconfig, member.endpoint, request);
  await hub.client.apply(Kinds.Secret, renderSecret(request, secretName, kubeconfig), { fieldManager, force: true });
  await hub.client.apply(Kinds.MemberCluster, renderMember(request, secretName, known), { fieldManager, force: true });
  return { tokenEnds: token.expirationTimestamp, untried: untriedParts(member.endpoint, endpoint) };
}

/** The MemberCluster of an earlier registration. Refuses what must not be written over. */
async function lookAtHub(hub: ApiClient, request: JoinRequest, secretName: string): Promise<MemberCluster | undefined> {
  const { name, operatorNamespace } = request;
  const member = (await hub.get(Kinds.MemberCluster, { name })) as MemberCluster | undefined;
  if (member?.metadata.deletionTimestamp !== undefined)
    throw new TributaryError("MEMBER_LEAVING", `MemberCluster ${name} is being deleted; join again when it is gone`);
  const secret = await hub.get<KubeObject>(Kinds.Secret, { name: secretName, namespace: operatorNamespace });
  const labels = secret?.metadata.labels ?? {};
  if (secret !== undefined && labels["app.kubernetes.io/managed-by"] !== "tributary")
    throw new TributaryError(
      "NAME_TAKEN",
      `Secret ${operatorNamespace}/${secretName} is on the hub and not of Tributary; remove it, or join under another name`,
    );
  return member;
}

async function makeToken(member: ApiClient, { name, serviceAccount, tokenSeconds }: JoinRequest): Promise<BoundToken> {
  try {
    return await member.createToken(serviceAccount, { expirationSeconds: tokenSeconds });
  } catch (error) {
    if (!isTributaryError(error) || !isNotFound(error)) throw error;
    const account = `${serviceAccount.namespace}/${serviceAccount.name}`;
    const message = `--service-account: ${account} does not exist in ${name}; name the one in the notes of the chart tributary-member`;
    throw new TributaryError("ARGUMENT_INVALID", message, { cause: error });
  }
}

/** The hub's own route cannot be tried from here where it differs; its credential can. */
async function tryOut(kubeconfig: string, endpoint: ApiEndpoint, request: JoinRequest): Promise<void> {
  const access = parseKubeconfig(kubeconfig);
  let connection: ClusterConnection | undefined;
  try {
    connection = connectCluster({ ...access, endpoint }, { cluster: request.name });
    await tryCredential(connection.client, request);
  } finally {
    await connection?.close();
  }
}

function renderSecret({ operatorNamespace }: JoinRequest, name: string, kubeconfig: string): KubeObject {
  return {
    metadata: { name, namespace: operatorNamespace, labels: managedBy },
    type: "Opaque",
    data: { kubeconfig: Buffer.from(kubeconfig).toString("base64") },
  } as KubeObject;
}

function renderMember(request: JoinRequest, secretName: string, known: MemberCluster | undefined): KubeObject {
  const provider = request.provider ?? known?.spec.provider;
  const region = request.region ?? known?.spec.region;
  return {
    metadata: { name: request.name },
    spec: {
      access: { kubeconfig: { secretName } },
      ...(provider === undefined ? {} : { provider }),
      ...(region === undefined ? {} : { region }),
      namespaces: request.namespaces,
      gate: { caBundle: request.gateCa.pem },
    },
  } as KubeObject;
}
