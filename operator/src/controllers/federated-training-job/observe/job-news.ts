import { isDeepStrictEqual } from "node:util";
import type { FederatedTrainingJob } from "@tributary/contracts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import type { CacheChange } from "../../../runtime/cache/object-cache.ts";

type Job = FederatedTrainingJob & KubeObject;

/**
 * Whether a change of a job is to be looked at without delay: it came or went, somebody edited it, its record of placements is
 * another one, or a condition turned. What else a status tells is mostly the write of our own last look: looked at as soon, a job of
 * many workers would be written as fast as the API server answers.
 */
export function isUrgentNews(change: CacheChange<Job>): boolean {
  return change.type !== "updated" || !isDeepStrictEqual(decidedOn(change.previous), decidedOn(change.object));
}

function decidedOn({ metadata, status }: Job): unknown[] {
  const { generation, deletionTimestamp, finalizers, labels, annotations } = metadata;
  const conditions = status?.conditions?.map((condition) => [condition.type, condition.status]);
  const record = [status?.placements, status?.unsearchedClusters, status?.completionTime];
  return [generation, deletionTimestamp, finalizers, labels, annotations, conditions, ...record];
}
