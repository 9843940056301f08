import { Kinds, Label, Reason } from "@tributary/contracts";
import { catalogue } from "@tributary/kit";
import type { ApiClient } from "../../../runtime/api/api-client.ts";
import { describeOwner } from "../../../runtime/api/apply-owned.ts";
import type { Unstructured } from "../../../runtime/api/object.ts";
import { jobNames } from "../render/names.ts";
import type { JobSnapshot, Problem } from "../snapshot.ts";
import { isNamesake, isOwned } from "./owned.ts";

type Job = JobSnapshot["job"];

/**
 * Looks at the claim that the aggregator's StatefulSet would take: its controller takes what has the name, be it the ledger of a
 * deleted job of the same name or a volume of somebody else.
 */
export async function findLedgerProblem(
  job: Job,
  client: ApiClient,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const { namespace, ledgerClaim } = jobNames(job);
  const ref = { namespace, name: ledgerClaim };
  return judgeLedgerClaim(job, await client.get<Unstructured>(Kinds.PersistentVolumeClaim, ref, { signal }));
}

/** Why a job's aggregator must not start on a claim; undefined when it is the job's own, or there is none. */
export function judgeLedgerClaim(job: Job, claim: Unstructured | undefined): Problem | undefined {
  if (claim === undefined || isOwned(claim, job)) return undefined;
  const { name, namespace, labels } = claim.metadata;
  // A StatefulSet labels its claims by its selector; owners were left out once.
  if (labels?.[Label.JobUid] === job.metadata.uid) return undefined;
  const what = `PersistentVolumeClaim ${namespace}/${name}`;
  const former = claim.metadata.ownerReferences?.find((owner) => isNamesake(owner, job));
  if (former !== undefined) {
    const message = `${what} holds the ledger of an earlier job ${former.name} (uid ${former.uid}) and is being removed with it; the aggregator starts when it is gone`;
    return { reason: Reason.CleanupPending, message };
  }
  const message = `${what} exists and is not ours (${describeOwner(claim)}), and the ledger would go there; rename the job or remove the object`;
  return { reason: catalogue.NAME_TAKEN.reason, message };
}
