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
import { register } from "./register.ts";
import { hubEndpoint, renderKubeconfig, untriedParts } from "./render-kubeconfig.ts";
import { renderMember, renderSecret, secretNameOf } from "./render-objects.ts";
import { tryCredential } from "./try-credential.ts";

/** One of the two clusters, with admin rights. */
export interface Side {
  readonly client: ApiClient;
  readonly endpoint: ApiEndpoint;
}

/**
 * Registers a member on the hub: a token of the hub's account in the member, tried there; the MemberCluster with the gate's CA;
 * and a Secret with a kubeconfig that holds nothing but that token. Doing it again renews the token and the CA and keeps the rest.
 *
 * @throws TributaryError before anything is written when the member does not take the credential, or is another cluster
 */
export async function joinMember(
  hub: Side,
  member: Side,
  request: JoinRequest,
): Promise<{ readonly tokenEnds: string; readonly untried: readonly string[] }> {
  const known = await lookAtHub(hub.client, request);
  const token = await makeToken(member.client, request);
  const endpoint = hubEndpoint(member.endpoint, request.route);
  const kubeconfig = renderKubeconfig(request, endpoint, token.token);
  const clusterUid = await tryOut(kubeconfig, member.endpoint, request);
  refuseAnotherCluster(known, clusterUid, request);
  await register(hub.client, renderMember(request, known), renderSecret(request, kubeconfig));
  return { tokenEnds: token.expirationTimestamp, untried: untriedParts(member.endpoint, endpoint) };
}

/** The MemberCluster of an earlier registration. Refuses what must not be written over. */
async function lookAtHub(hub: ApiClient, request: JoinRequest): Promise<MemberCluster | undefined> {
  const { name, operatorNamespace } = request;
  const member = (await hub.get(Kinds.MemberCluster, { name })) as MemberCluster | undefined;
  if (member?.metadata.deletionTimestamp !== undefined)
    throw new TributaryError("MEMBER_LEAVING", `MemberCluster ${name} is being deleted; join again when it is gone`);
  const secretName = secretNameOf(name);
  const secret = await hub.get<KubeObject>(Kinds.Secret, { name: secretName, namespace: operatorNamespace });
  const labels = secret?.metadata.labels ?? {};
  if (secret !== undefined && labels["app.kubernetes.io/managed-by"] !== "tributary")
    throw new TributaryError(
      "NAME_TAKEN",
      `Secret ${operatorNamespace}/${secretName} is on the hub and not of Tributary; remove it, or join under another name`,
    );
  return member;
}

/** What jobs have in a cluster is out of sight once its name leads to another one. */
function refuseAnotherCluster(
  known: MemberCluster | undefined,
  clusterUid: string | undefined,
  { name, mayBeAnotherCluster }: JoinRequest,
): void {
  const knownUid = known?.status?.clusterUid;
  if (mayBeAnotherCluster || knownUid === undefined || knownUid === clusterUid) return;
  const remedy =
    "check --member-kubeconfig, join under another name, or add --another-cluster if this one takes its place";
  const message = `MemberCluster ${name} is the cluster whose kube-system has uid ${knownUid}, and this one's has ${clusterUid}`;
  throw new TributaryError("NAME_TAKEN", `${message}; ${remedy}`);
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

/**
 * The hub's own route cannot be tried from here where it differs; its credential can.
 *
 * @returns uid of the cluster, which its namespace kube-system has
 */
async function tryOut(kubeconfig: string, endpoint: ApiEndpoint, request: JoinRequest): Promise<string | undefined> {
  const access = parseKubeconfig(kubeconfig);
  let connection: ClusterConnection | undefined;
  try {
    connection = connectCluster({ ...access, endpoint }, { cluster: request.name });
    await tryCredential(connection.client, request);
    return (await connection.client.get(Kinds.Namespace, { name: "kube-system" }))?.metadata.uid;
  } finally {
    await connection?.close();
  }
}
