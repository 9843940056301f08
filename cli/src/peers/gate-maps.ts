import { Kinds } from "@tributary/contracts";
import { checkPeerList, describeFinding, type OwnMember, type Peer, type PeerList } from "@tributary/contracts/fields";
import { isTributaryError, TributaryError } from "@tributary/kit";
import { type ApiClient, isAlreadyExists, type KubeObject } from "@tributary/operator";
import { isRecord } from "../finding.ts";
import type { PeerLists } from "./trust-peer.ts";

/** The gate's objects in its namespace, as the chart tributary-member names them. */
const gate = "tributary-gate";
const identityMap = `${gate}-identity`;
const chartMap = `${gate}-trust`;
const trustedMap = `${gate}-trusted-peers`;

const managedBy = { "app.kubernetes.io/managed-by": "tributary" };

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The lists of a member, and what the next write of its trusted list depends on. */
export interface FoundLists extends PeerLists {
  readonly found: ConfigMap | undefined;
}

/** The own member, as its gate published it. @throws API_NOT_FOUND before it has. */
export async function readOwnMember(client: ApiClient, namespace: string): Promise<OwnMember> {
  const map = await requireMap(client, namespace, identityMap);
  const text = map.data?.["identity.json"];
  if (text === undefined) {
    const message = `the gate has not published its identity in ConfigMap ${namespace}/${identityMap} yet; look at its log`;
    throw new TributaryError("API_NOT_FOUND", message);
  }
  const { organisation, member, publicKeys } = parse(namespace, identityMap, text) as Partial<OwnMember>;
  const [publicKey, alsoKey, more] = publicKeys ?? [];
  const peer = { organisation, member, publicKey, ...(alsoKey === undefined ? {} : { alsoKey }) };
  const [finding] = checkPeerList({ version: 1, peers: [peer] });
  if (finding === undefined && more === undefined) return { organisation, member, publicKeys } as OwnMember;
  const why = finding === undefined ? "it has more than two keys" : describeFinding(finding);
  throw invalid(namespace, identityMap, why);
}

/** All that a member trusts. */
export async function readLists(client: ApiClient, namespace: string): Promise<FoundLists> {
  const own = await readOwnMember(client, namespace);
  const chart = peersIn(namespace, await requireMap(client, namespace, chartMap));
  const found = await client.get<ConfigMap>(Kinds.ConfigMap, { namespace, name: trustedMap });
  return { own, chart, trusted: found === undefined ? [] : peersIn(namespace, found), found };
}

/**
 * Writes the list of trusted members, unless somebody changed it since it was read.
 *
 * @throws API_CONFLICT when somebody did, NAME_TAKEN for a ConfigMap that is not Tributary's.
 */
export async function writeTrusted(
  client: ApiClient,
  namespace: string,
  { found }: Pick<FoundLists, "found">,
  peers: readonly Peer[],
): Promise<void> {
  refuseForeign(namespace, found);
  const { resourceVersion } = (found ?? (await makeMap(client, namespace))).metadata;
  const list: PeerList = { version: 1, peers };
  const metadata = { name: trustedMap, namespace, labels: managedBy, resourceVersion };
  const data = { "peers.json": `${JSON.stringify(list, undefined, 2)}\n` };
  const options = { fieldManager: "kubectl-tributary", force: true };
  await client.apply(Kinds.ConfigMap, { metadata, data } as KubeObject, options);
}

/** Made without content first, so that the list is always written over a version that is known. */
async function makeMap(client: ApiClient, namespace: string): Promise<KubeObject> {
  try {
    return await client.create(Kinds.ConfigMap, { metadata: { name: trustedMap, namespace, labels: managedBy } });
  } catch (error) {
    if (!isTributaryError(error) || !isAlreadyExists(error)) throw error;
    const message = `ConfigMap ${namespace}/${trustedMap} was made meanwhile; run the command again`;
    throw new TributaryError("API_CONFLICT", message, { cause: error });
  }
}

function refuseForeign(namespace: string, found: ConfigMap | undefined): void {
  const labels = found?.metadata.labels ?? {};
  if (found === undefined || labels["app.kubernetes.io/managed-by"] === "tributary") return;
  const message = `ConfigMap ${namespace}/${trustedMap} is not of this command; change it where it comes from, or remove it`;
  throw new TributaryError("NAME_TAKEN", message);
}

async function requireMap(client: ApiClient, namespace: string, name: string): Promise<ConfigMap> {
  const map = await client.get<ConfigMap>(Kinds.ConfigMap, { namespace, name });
  if (map !== undefined) return map;
  const remedy = "name the gate's namespace by --namespace, or upgrade the chart tributary-member there";
  throw new TributaryError("API_NOT_FOUND", `ConfigMap ${namespace}/${name} does not exist; ${remedy}`);
}

/** A map that was made and not written yet lists nobody. */
function peersIn(namespace: string, { metadata: { name }, data }: ConfigMap): readonly Peer[] {
  const text = data?.["peers.json"];
  if (text === undefined) return [];
  const value = parse(namespace, name, text);
  const [finding] = checkPeerList(value);
  if (finding !== undefined) throw invalid(namespace, name, describeFinding(finding));
  return (value as unknown as PeerList).peers;
}

function parse(namespace: string, name: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Said below: it may also be JSON of another kind.
  }
  throw invalid(namespace, name, "it is no JSON object");
}

function invalid(namespace: string, name: string, why: string): TributaryError {
  return new TributaryError("PEERS_INVALID", `ConfigMap ${namespace}/${name} cannot be used: ${why}`);
}
