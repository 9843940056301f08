import { Kinds } from "@tributary/contracts";
import { inParallel } from "@tributary/kit";
import type { ApiClient, CallOptions } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";
import { unlistedJobsOf } from "./pod-owner.ts";
import { isWrittenByUs } from "./written-by-us.ts";

const parallelGets = 8;
/** Jobs that are asked for by name in one namespace; pods of more count as ours. */
const askedLimit = 100;

/**
 * Uids of the Jobs of one namespace that Tributary did not write: of `jobs`, which were listed by our labels, and of those that
 * control a pod of `pods` and carry no label of ours. A template that was copied has our labels without its Job having them,
 * and so has the copy of a Job whose labels were taken away as we ask for; its pods keep theirs.
 */
export async function readForeignJobs(
  client: ApiClient,
  namespace: string,
  { jobs, pods }: { readonly jobs: readonly KubeObject[]; readonly pods: readonly KubeObject[] },
  call: CallOptions,
): Promise<ReadonlySet<string>> {
  const listed = jobs.filter((job) => !isWrittenByUs(job)).flatMap(({ metadata: { uid } }) => uid ?? []);
  const foreign = new Set(listed);
  const unlisted = [...unlistedJobsOf(pods, jobs)].slice(0, askedLimit);
  await inParallel(unlisted, parallelGets, async ([uid, name]) => {
    // One that cannot be asked for is not known to be foreign.
    const job = await client.get<KubeObject>(Kinds.Job, { namespace, name }, call).catch(() => undefined);
    call.signal?.throwIfAborted();
    if (job !== undefined && job.metadata.uid === uid && !isWrittenByUs(job)) foreign.add(uid);
  });
  return foreign;
}
