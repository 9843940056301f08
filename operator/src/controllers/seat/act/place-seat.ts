import { FieldManager, Kinds, Label, type ResourceKind } from "@tributary/contracts";
import type { ApiClient, CallOptions, JsonPatchOperation } from "../../../runtime/api/api-client.ts";
import {
  createOwnedApply,
  lookAtOwned,
  type OwnedApply,
  type Ownership,
  Whose,
} from "../../../runtime/api/apply-owned.ts";
import type { KubeObject, Unstructured } from "../../../runtime/api/object.ts";
import type { Expectations } from "../../../runtime/control/expectations.ts";
import type { Placement } from "../../federated-training-job/snapshot.ts";
import { callDeadlineMs } from "../../shared/call-deadline.ts";
import type { NamedJob } from "../../shared/is-job-gone.ts";
import { isWrittenByUs } from "../../shared/written-by-us.ts";
import { changeableFields } from "../decide/decide-place.ts";
import { differs } from "../decide/is-another-job.ts";
import { mendedDriftOf } from "../decide/mended-drift.ts";
import { missingMarks } from "../decide/shown-marks.ts";
import type { SeatAction } from "../plan.ts";
import { placeKey } from "../seat-key.ts";
import { markOperations } from "./mark-operations.ts";

type Place = Extract<SeatAction, { type: "place" }>;
type Replace = Extract<SeatAction, { type: "replace" }>;
interface Call {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/** What placing needs besides the client. */
export interface PlaceDeps {
  readonly isJobAlive: (uid: string) => boolean;
  /** The same asked of the hub's API server, before anything is removed because its job is gone. */
  readonly isJobGone: (job: NamedJob, call: CallOptions) => Promise<boolean>;
  readonly expectations: Pick<Expectations, "expectCreated" | "forget">;
  readonly hubId: string;
}

/** One for each client: it knows which applies would change nothing. */
const ownedApplies = new WeakMap<ApiClient, OwnedApply>();

/**
 * Makes or mends the anchor and then the batch Job that it owns. What has its name and is not of this very job stays as it
 * is: the error names it.
 */
export async function placeSeat(client: ApiClient, action: Place, deps: PlaceDeps, signal: AbortSignal): Promise<void> {
  const { placement, cachedAnchor } = action;
  const call = { signal, deadlineMs: callDeadlineMs };
  const ownership = ownershipOf(placement, deps);
  const anchor = await ownedApplyOf(client).apply<Unstructured>(
    Kinds.ConfigMap,
    action.anchor as KubeObject,
    ownership,
    {
      ...call,
      cached: cachedAnchor,
    },
  );
  const batchJob = action.batchJob as KubeObject;
  const ref = { namespace: placement.namespace, name: batchJob.metadata.name };
  const live = await lookAtOwned<Unstructured>(client, Kinds.Job, ref, ownership, call);
  if (live !== undefined) return mendBatchJob(client, live, batchJob, call);
  const key = placeKey(placement);
  deps.expectations.expectCreated(key, [batchJob.metadata.name]);
  try {
    await client.create<KubeObject>(Kinds.Job, withOwner(batchJob, anchor.object), call);
  } catch (error) {
    deps.expectations.forget(key);
    throw error;
  }
}

/**
 * Removes a batch Job, when it still is the one that was looked at. What somebody changed of it is remembered first, and not by this
 * process alone: another that takes over would end healthy workers for it once more.
 */
export async function replaceBatchJob(
  client: ApiClient,
  { placement, uid, drift }: Replace,
  deps: PlaceDeps,
  signal: AbortSignal,
): Promise<void> {
  const call = { signal, deadlineMs: callDeadlineMs };
  const ref = { namespace: placement.namespace, name: placement.name };
  if (drift !== undefined) {
    const anchor = await lookAtOwned<Unstructured>(client, Kinds.ConfigMap, ref, ownershipOf(placement, deps), call);
    // Without its anchor the batch Job goes anyhow, and the place begins anew.
    if (anchor !== undefined) await rememberDrift(client, anchor, mendedDriftOf(uid, drift), call);
  }
  await client.delete(Kinds.Job, ref, { ...call, uid, propagation: "Background" });
}

/**
 * By a patch: the applies of the anchor neither name this annotation nor take it away, since what an apply owns is what an earlier
 * one named.
 */
async function rememberDrift(
  client: ApiClient,
  anchor: Unstructured,
  annotations: Readonly<Record<string, string>>,
  call: Call,
): Promise<void> {
  const marks = missingMarks(anchor, { metadata: { annotations } });
  await patch(client, Kinds.ConfigMap, anchor, markOperations(anchor, marks), call);
}

/**
 * Whose an object of a seat's name is. Labels say for which job it was made and not by whom: what Tributary did not write is
 * somebody else's, as it is when places are emptied. "Left over" means that the job it was made for exists no longer.
 */
function ownershipOf({ jobUid }: Placement, { hubId, isJobAlive, isJobGone }: PlaceDeps): Ownership {
  return {
    judge(object) {
      const { labels = {} } = object.metadata;
      if (labels[Label.Origin] !== hubId || !isWrittenByUs(object)) return Whose.Foreign;
      const uid = labels[Label.JobUid];
      if (uid === jobUid) return Whose.Ours;
      return uid === undefined || isJobAlive(uid) ? Whose.Foreign : Whose.LeftOver;
    },
    isOwnerGone({ metadata: { labels = {} } }, call) {
      const { [Label.JobName]: name, [Label.JobNamespace]: namespace, [Label.JobUid]: uid } = labels;
      return name === undefined ? Promise.resolve(false) : isJobGone({ namespace, name, uid }, call);
    },
    remedy: "remove it, or create the job under another name",
  };
}

function ownedApplyOf(client: ApiClient): OwnedApply {
  const present = ownedApplies.get(client);
  if (present !== undefined) return present;
  const owned = createOwnedApply(client, { fieldManager: FieldManager.Operator });
  ownedApplies.set(client, owned);
  return owned;
}

/** Puts back what can change while a batch Job exists: what follows the job's spec, and what says whose it is. */
async function mendBatchJob(client: ApiClient, live: Unstructured, wanted: KubeObject, call: Call): Promise<void> {
  const fields = changeableFields.filter((field) => differs(live, wanted as never, [field]));
  const spec = ((wanted as Unstructured).spec ?? {}) as Record<string, unknown>;
  const operations = [
    ...markOperations(live, missingMarks(live, wanted)),
    ...fields.map((field) => ({ op: "add" as const, path: `/spec/${field}`, value: spec[field] ?? false })),
  ];
  await patch(client, Kinds.Job, live, operations, call);
}

/** Changes an object while it still is the one that was looked at. */
async function patch(
  client: ApiClient,
  kind: ResourceKind,
  { metadata: { namespace, name, uid } }: KubeObject,
  operations: readonly JsonPatchOperation[],
  call: Call,
): Promise<void> {
  if (operations.length === 0) return;
  await client.patchJson(
    kind,
    { namespace, name },
    [{ op: "test", path: "/metadata/uid", value: uid }, ...operations],
    call,
  );
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
