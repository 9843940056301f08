import { Kinds, type MemberCluster } from "@tributary/contracts";
import { isTributaryError, TributaryError } from "@tributary/kit";
import type { ApiClient, KubeObject } from "@tributary/operator";

type Member = MemberCluster & KubeObject;

const options = { fieldManager: "kubectl-tributary", force: true };

/**
 * Writes a MemberCluster and its Secret on the hub, after the hub has said that it takes both. The MemberCluster goes first:
 * when the Secret then fails, the hub keeps the credential that it had, or says of the member that it has none. The other way
 * round it would hold a live token that no MemberCluster names, or reach a known member by a new way under its old terms.
 *
 * @throws TributaryError before anything is written when the hub refuses either; afterwards, one that says what was written
 */
export async function register(hub: ApiClient, member: Member, secret: KubeObject): Promise<void> {
  await hub.apply(Kinds.MemberCluster, member, { ...options, dryRun: true });
  await hub.apply(Kinds.Secret, secret, { ...options, dryRun: true });
  const applied = await hub.apply<Member>(Kinds.MemberCluster, member, options);
  const name = member.metadata.name;
  await orSay(`MemberCluster ${name} is written and maps more than --map says`, () => dropOthers(hub, applied, member));
  await orSay(`MemberCluster ${name} is written, its Secret is not`, () => hub.apply(Kinds.Secret, secret, options));
}

/** An apply leaves the entries of a list that another writer made, and this list says which hub namespaces may place there. */
async function dropOthers(hub: ApiClient, applied: Member, { spec: { namespaces } }: Member): Promise<void> {
  const wanted = new Set(namespaces.map((entry) => entry.hub));
  if (applied.spec.namespaces.every((entry) => wanted.has(entry.hub))) return;
  // Fails when somebody changed the list meanwhile; the operator, which writes the status all the time, does not count.
  await hub.patchJson(Kinds.MemberCluster, { name: applied.metadata.name }, [
    { op: "test", path: "/metadata/uid", value: applied.metadata.uid },
    { op: "test", path: "/spec/namespaces", value: applied.spec.namespaces },
    { op: "replace", path: "/spec/namespaces", value: namespaces },
  ]);
}

async function orSay(state: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isTributaryError(error)) throw error;
    throw new TributaryError(error.code, `${state}; join again (${error.message})`, { cause: error });
  }
}
