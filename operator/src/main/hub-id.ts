import { setTimeout as sleep } from "node:timers/promises";
import { cleanupFinalizer, type FederatedTrainingJob, FieldManager, Kinds, Label } from "@tributary/contracts";
import { asTributaryError, type Logger, TributaryError } from "@tributary/kit";
import { isParticipantName, seatName } from "../controllers/federated-training-job/render/names.ts";
import type { ApiClient } from "../runtime/api/api-client.ts";
import { createOwnedApply, lookAtOwned, type Ownership, Whose } from "../runtime/api/apply-owned.ts";
import type { KubeObject } from "../runtime/api/object.ts";

/** Name of the ConfigMap in the operator's namespace that keeps the hub's id. */
export const hubIdName = "tributary-hub-id";
/** Id of every hub whose chart left it out, before the operator made one. */
const formerDefault = "hub";
const retryMs = 2_000;

const ownership: Ownership = {
  judge: ({ metadata }) => (metadata.labels?.[Label.Component] === "operator" ? Whose.Ours : Whose.Foreign),
  remedy: "remove the object: the operator keeps the hub's id there",
};

/** What the hub's id is decided from. */
export interface HubIdFacts {
  /** What the chart says; empty when it leaves the id to the operator. */
  readonly configured: string;
  /** The id under which this hub made its objects so far. */
  readonly kept: string | undefined;
  /** Uid of the namespace kube-system: there is one a cluster, and it lasts as long as the cluster. Empty when the chart says the id. */
  readonly clusterUid: string;
  /** Whether any job may have objects in a member. */
  readonly hasPlacedJobs: boolean;
  /** Whether objects that jobs have in members were named under an id. */
  readonly isNamedUnder: (hubId: string) => boolean;
}

/**
 * The id by which a hub knows its objects in members. It changes only while no job has anything there: whatever carries the
 * old one would belong to nobody. When what was kept is lost, the names of those objects still tell it. Where there are none,
 * nothing speaks for the former default, which any hub would share with others.
 */
export function chooseHubId({ configured, kept, clusterUid, hasPlacedJobs, isNamedUnder }: HubIdFacts): string {
  const wanted = configured === "" ? clusterUid : configured;
  if (!hasPlacedJobs) return wanted;
  if (kept !== undefined) return kept;
  if (configured !== "" || isNamedUnder(wanted)) return wanted;
  return isNamedUnder(formerDefault) ? formerDefault : wanted;
}

/** Whether any placement of these jobs has the name that it gets under an id. */
export function isNamedUnder(jobs: readonly FederatedTrainingJob[], hubId: string): boolean {
  return jobs.some((job) =>
    job.status?.placements?.some(
      ({ participant, name }) => isParticipantName(participant) && name === seatName(hubId, job, participant),
    ),
  );
}

/** Reads, chooses and keeps the hub's id; tries again until the API server takes it. Only for the replica that leads. */
export async function settleHubId(
  client: ApiClient,
  options: { readonly configured: string; readonly namespace: string; readonly log: Logger },
  signal: AbortSignal,
): Promise<string> {
  const { configured, namespace, log } = options;
  for (;;) {
    try {
      const facts = await readFacts(client, configured, namespace, signal);
      const hubId = chooseHubId(facts);
      if (hubId !== facts.kept) await keepHubId(client, namespace, hubId, signal);
      if (configured !== "" && hubId !== configured)
        log.warn(
          { hubId, configured },
          "another hubId is configured; jobs have objects in members under the present one, so it stays until none has",
        );
      return hubId;
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ err: asTributaryError(error).message }, "the hub's id could not be settled and is tried again");
      await sleep(retryMs, undefined, { signal });
    }
  }
}

async function readFacts(
  client: ApiClient,
  configured: string,
  namespace: string,
  signal: AbortSignal,
): Promise<HubIdFacts> {
  const call = { signal };
  const [kept, clusterUid, jobs] = await Promise.all([
    lookAtOwned<KubeObject & { data?: Record<string, string> }>(
      client,
      Kinds.ConfigMap,
      { namespace, name: hubIdName },
      ownership,
      call,
    ),
    configured === "" ? readClusterUid(client, signal) : "",
    client.list<FederatedTrainingJob & KubeObject>(Kinds.FederatedTrainingJob, { signal, metadataOnly: true }),
  ]);
  const hasPlacedJobs = jobs.some(({ metadata }) => metadata.finalizers?.includes(cleanupFinalizer) === true);
  const isLost = hasPlacedJobs && kept?.data?.hubId === undefined;
  const listed = { signal, limit: 50 };
  const whole = isLost ? await client.list<FederatedTrainingJob & KubeObject>(Kinds.FederatedTrainingJob, listed) : [];
  return {
    configured,
    kept: kept?.data?.hubId,
    clusterUid,
    hasPlacedJobs,
    isNamedUnder: (hubId) => isNamedUnder(whole, hubId),
  };
}

async function readClusterUid(client: ApiClient, signal: AbortSignal): Promise<string> {
  const system = await client.get<KubeObject>(Kinds.Namespace, { name: "kube-system" }, { signal });
  if (system?.metadata.uid !== undefined) return system.metadata.uid;
  throw new TributaryError("API_NOT_FOUND", "namespace kube-system does not exist, so the hub has no id of its own");
}

async function keepHubId(client: ApiClient, namespace: string, hubId: string, signal: AbortSignal): Promise<void> {
  const labels = { [Label.Component]: "operator", "app.kubernetes.io/managed-by": "tributary" };
  const intent = { metadata: { name: hubIdName, namespace, labels }, data: { hubId } };
  await createOwnedApply(client, { fieldManager: FieldManager.Operator }).apply(Kinds.ConfigMap, intent, ownership, {
    signal,
  });
}
