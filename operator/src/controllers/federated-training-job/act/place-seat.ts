import { FieldManager, Kinds, Label } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";
import { type ApiClient, createOrGet } from "../../../runtime/api/api-client.ts";
import type { KubeObject, Unstructured } from "../../../runtime/api/object.ts";
import type { Action } from "../plan.ts";

type PlaceSeat = Extract<Action, { type: "place-seat" }>;
type RemoveSeat = Extract<Action, { type: "remove-seat" }>;

/**
 * Makes the anchor and then the batch Job that it owns. The names are deterministic, so a repeated create finds its own
 * object; one that an earlier job of the same name left is removed, one that is not ours is an error.
 */
export async function placeSeat(client: ApiClient, action: PlaceSeat, signal: AbortSignal): Promise<void> {
  const anchor = action.anchor as KubeObject;
  const ref = { namespace: anchor.metadata.namespace, name: anchor.metadata.name };
  const present = await client.get<Unstructured>(Kinds.ConfigMap, ref, { signal });
  await refuseForeign(client, present, anchor, signal);
  const applied = await client.apply<Unstructured>(Kinds.ConfigMap, anchor, {
    fieldManager: FieldManager.Operator,
    force: true,
    signal,
  });
  const batchJob = withOwner(action.batchJob as KubeObject, applied);
  const { object, created } = await createOrGet<KubeObject>(client, Kinds.Job, batchJob, { signal });
  if (!created) await refuseForeign(client, object as Unstructured, batchJob, signal);
}

/** Removes the anchor and the batch Job of a seat, when they are of this very job; the member's garbage collector does the rest. */
export async function removeSeat(client: ApiClient, action: RemoveSeat, signal: AbortSignal): Promise<void> {
  const ref = { namespace: action.namespace, name: action.name };
  for (const kind of [Kinds.Job, Kinds.ConfigMap]) {
    const object = await client.get<Unstructured>(kind, ref, { signal });
    if (object?.metadata.labels?.[Label.JobUid] !== action.jobUid) continue;
    await client.delete(kind, ref, { uid: object.metadata.uid, propagation: "Background", signal });
  }
}

function withOwner(batchJob: KubeObject, anchor: Unstructured): KubeObject {
  const owner = {
    apiVersion: "v1",
    kind: "ConfigMap",
    name: anchor.metadata.name,
    uid: anchor.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: false,
  };
  return { ...batchJob, metadata: { ...batchJob.metadata, ownerReferences: [owner] } };
}

async function refuseForeign(
  client: ApiClient,
  present: Unstructured | undefined,
  intent: KubeObject,
  signal: AbortSignal,
): Promise<void> {
  if (present === undefined) return;
  const labelOf = (object: KubeObject, label: string): string | undefined => object.metadata.labels?.[label];
  if (labelOf(present, Label.JobUid) === labelOf(intent, Label.JobUid)) return;
  const { name, namespace = "" } = present.metadata;
  if (labelOf(present, Label.Origin) !== labelOf(intent, Label.Origin)) {
    throw new TributaryError(
      "API_REFUSED",
      `${intent.kind} ${namespace}/${name} in cluster ${client.cluster} exists and is not ours; rename the job or remove the object`,
    );
  }
  const kind = intent.kind === "Job" ? Kinds.Job : Kinds.ConfigMap;
  await client.delete(kind, { namespace, name }, { uid: present.metadata.uid, propagation: "Background", signal });
  throw new TributaryError(
    "API_CONFLICT",
    `${intent.kind} ${namespace}/${name} in cluster ${client.cluster} was left by an earlier job and is being removed`,
  );
}
