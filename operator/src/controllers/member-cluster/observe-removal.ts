import type { FederatedTrainingJob, MemberCluster } from "@tributary/contracts";
import { inParallel, isTributaryError } from "@tributary/kit";
import { listOwned, parallelNamespaces } from "../collector/owned-objects.ts";
import type { RemovalFacts } from "./decide/removal.ts";
import { holdersOf } from "./known-namespaces.ts";
import type { MemberState } from "./member-directory.ts";

/** What it takes to know what a MemberCluster that is being deleted is bound by. */
export interface RemovalSources {
  readonly member: MemberCluster;
  readonly state: MemberState | undefined;
  readonly jobs: readonly FederatedTrainingJob[];
  readonly namespaces: readonly string[];
  readonly hubId: string;
}

/** Asks the jobs, and the member itself, what is still there. */
export async function observeRemoval(sources: RemovalSources, signal: AbortSignal): Promise<RemovalFacts> {
  const { member, jobs } = sources;
  const { placed, ...possible } = holdersOf(member.metadata.name, jobs);
  const wasHeard = member.status?.lastHeardTime !== undefined;
  // Through a MemberCluster that was never heard nothing can have been placed.
  const { searching, suspected } = wasHeard ? possible : { searching: [], suspected: [] };
  return { member, placed, searching, suspected, found: await countOwned(sources, signal) };
}

/** Objects of this hub by job, without what others made of copies; undefined when the member does not say all of it. */
async function countOwned(
  { state, namespaces, hubId }: RemovalSources,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number> | undefined> {
  if (state?.state !== "reachable") return undefined;
  try {
    const counts = new Map<string, number>();
    await inParallel(namespaces, parallelNamespaces, async (namespace) => {
      const owned = await listOwned(state.client, namespace, hubId, signal);
      for (const { job } of owned.filter(({ isOurs }) => isOurs)) counts.set(job, (counts.get(job) ?? 0) + 1);
    });
    return counts;
  } catch (error) {
    if (isTributaryError(error)) return undefined;
    throw error;
  }
}
