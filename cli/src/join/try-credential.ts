import { Kinds, type ResourceKind } from "@tributary/contracts";
import { isTributaryError, TributaryError } from "@tributary/kit";
import type { ApiClient, KubeObject } from "@tributary/operator";
import type { JoinRequest } from "./join-request.ts";
import { clusterRights, describeRights, namespaceRights, type Right } from "./rights.ts";

const accessReview: ResourceKind = {
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  namespaced: false,
};

/**
 * Tries the hub's new credential as the operator will use it: the API server's version, a list in each mapped namespace,
 * each right that the operator needs, a renewal of the token.
 *
 * @throws TributaryError that says what failed and how to mend it
 */
export async function tryCredential(client: ApiClient, request: JoinRequest): Promise<void> {
  const { serviceAccount, namespaces } = request;
  const account = `service account ${serviceAccount.namespace}/${serviceAccount.name}`;
  await client.getPath("/version");
  const members = [...new Set(namespaces.map(({ member }) => member))];
  await requireRights(client, clusterRights(serviceAccount), account, `in ${request.name}`);
  for (const namespace of members) {
    await requireRights(client, namespaceRights(namespace), account, `in namespace ${namespace} of ${request.name}`);
    await requireNamespace(client, namespace, request.name);
    await client.listPage(Kinds.Job, { namespace, limit: 1, metadataOnly: true });
  }
  await tryRenewal(client, request, account);
}

async function requireRights(
  client: ApiClient,
  rights: readonly Right[],
  account: string,
  where: string,
): Promise<void> {
  const answers = await Promise.all(rights.map((right) => isAllowed(client, right)));
  const missing = rights.filter((_, index) => answers[index] === false);
  if (missing.length === 0) return;
  const remedy =
    "install the chart tributary-member there with this namespace among jobNamespaces, and name the account of its notes";
  throw new TributaryError("FORBIDDEN", `${account} may not ${describeRights(missing)} ${where}; ${remedy}`);
}

async function isAllowed(client: ApiClient, right: Right): Promise<boolean> {
  const review = await client.create(accessReview, { metadata: {}, spec: { resourceAttributes: right } } as never);
  return (review as { status?: { allowed?: boolean } }).status?.allowed === true;
}

async function requireNamespace(client: ApiClient, namespace: string, member: string): Promise<void> {
  if ((await client.get<KubeObject>(Kinds.Namespace, { name: namespace })) !== undefined) return;
  const message = `--map: namespace ${namespace} does not exist in ${member}; name one of the chart's jobNamespaces`;
  throw new TributaryError("ARGUMENT_INVALID", message);
}

async function tryRenewal(client: ApiClient, request: JoinRequest, account: string): Promise<void> {
  try {
    await client.createToken(request.serviceAccount, { expirationSeconds: request.tokenSeconds });
  } catch (error) {
    if (!isTributaryError(error)) throw error;
    const hours = Math.round(request.tokenSeconds / 36) / 100;
    const remedy = "lower --token-hours, or have the member's admin raise hub.token.maxLifetimeSeconds of the chart";
    const message = `${account} cannot renew a token of ${hours} h in ${request.name} (${error.message}); ${remedy}`;
    throw new TributaryError("FORBIDDEN", message, { cause: error });
  }
}
