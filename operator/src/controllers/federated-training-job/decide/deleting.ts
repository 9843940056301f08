import { Annotation, cleanupFinalizer, Reason } from "@tributary/contracts";
import { isSamePlace, type Place } from "../../shared/place.ts";
import type { PlacementRecord } from "../plan.ts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { recallPlacements } from "./recall-placements.ts";
import { conditionOf, noVerdict, type Policy } from "./verdict.ts";

/**
 * A job that is being deleted goes once every member confirmed that nothing of it is left. It waits for one that is away or
 * not registered any more as long as that takes, and says so; a person may give up a cluster by name.
 */
export const deleting: Policy = (snapshot, settings) => {
  const { finalizers = [] } = snapshot.job.metadata;
  if (snapshot.deletionMs === undefined) return noVerdict;
  if (!finalizers.includes(cleanupFinalizer)) return { final: true };
  const placing = { type: "leave" } as const;
  const left = recallPlacements(snapshot, settings);
  if (left.placements.length === 0 && left.unsearchedClusters.length === 0)
    return {
      final: true,
      placing,
      actions: [{ type: "remove-finalizer", why: "every member confirmed that nothing is left" }],
    };
  const condition: Condition = {
    type: "Progressing",
    status: "False",
    reason: Reason.CleanupPending,
    message: `the job goes when nothing of it is left: ${describeLeft(snapshot, left)}`,
  };
  const wasTold = conditionOf(snapshot, "Progressing")?.reason === Reason.CleanupPending;
  return {
    final: true,
    placing,
    conditions: [condition],
    events: wasTold ? [] : [{ type: "Normal", reason: condition.reason, note: condition.message }],
    requeueAfterMs: 5_000,
  };
};

/** What a deletion waits for and why, the first few by name. */
function describeLeft(snapshot: JobSnapshot, { placements, unsearchedClusters }: PlacementRecord): string {
  const places = placements.map((placement) => {
    const { participant, cluster, namespace, name } = placement;
    const problem = problemOf(snapshot, cluster, placement);
    const what = `participant ${participant} (cluster ${cluster}): Job and ConfigMap ${name} in namespace ${namespace} are being removed`;
    return problem === undefined ? what : `${what}: ${problem}`;
  });
  const searches = unsearchedClusters.map((cluster) => {
    const refused = snapshot.placing.reports.get(cluster)?.searchProblem;
    const problem = refused?.message ?? problemOf(snapshot, cluster);
    const what = `cluster ${cluster} is being searched for objects of the job`;
    return problem === undefined ? what : `${what}: ${problem}`;
  });
  const all = [...places, ...searches];
  const more = all.length > shown ? `; and ${all.length - shown} more` : "";
  return `${all.slice(0, shown).join("; ")}${more}. Objects in clusters that never answer again are given up by naming the clusters in annotation ${Annotation.AbandonClusters}`;
}

const shown = 3;

function problemOf({ placing }: JobSnapshot, cluster: string, place?: Place): string | undefined {
  const problems = placing.reports.get(cluster)?.problems ?? [];
  const own = problems.find((one) => place === undefined || isSamePlace(one, place));
  return own?.problem.message;
}
