import { Kinds } from "@tributary/contracts";
import { inParallel } from "@tributary/kit";
import type { ApiClient, CallOptions } from "../../runtime/api/api-client.ts";
import type { KubeObject } from "../../runtime/api/object.ts";
import { unlistedJobsOf } from "./pod-owner.ts";
import { isWrittenByUs } from "./written-by-us.ts";

const parallelGets = 8;
/** Jobs that are asked for by name in one namespace; pods of more count as ours. */
const askedLimit = 100;

/** Jobs by uid that say what pods with our labels come of. */
export interface JobsOfPods {
  /** Tributary did not write them. */
  readonly foreign: ReadonlySet<string>;
  /** Tributary wrote them and they are there, but somebody took their labels: no list finds them. */
  readonly unlabelled: ReadonlySet<string>;
}

/**
 * Judges the Jobs of one namespace: of `jobs`, which were listed by our labels, and those that control a pod of `pods` and carry no label
 * of ours. A template that was copied has our labels without its Job having them, and so has the copy of a Job whose labels were
 * taken away as we ask for; its pods keep theirs.
 */
export async function readForeignJobs(
  client: ApiClient,
  namespace: string,
  { jobs, pods }: { readonly jobs: readonly KubeObject[]; readonly pods: readonly KubeObject[] },
  call: CallOptions,
): Promise<JobsOfPods> {
  const listed = jobs.filter((job) => !isWrittenByUs(job)).flatMap(({ metadata: { uid } }) => uid ?? []);
  const [foreign, unlabelled] = [new Set(listed), new Set<string>()];
  const unlisted = [...unlistedJobsOf(pods, jobs)].slice(0, askedLimit);
  await inParallel(unlisted, parallelGets, async ([uid, name]) => {
    // One that cannot be asked for is not known to be foreign.
    const job = await client.get<KubeObject>(Kinds.Job, { namespace, name }, call).catch(() => undefined);
    call.signal?.throwIfAborted();
    if (job?.metadata.uid === uid) (isWrittenByUs(job) ? unlabelled : foreign).add(uid);
  });
  return { foreign, unlabelled };
}
