import { isDeepStrictEqual } from "node:util";
import type { Unstructured } from "@tributary/operator";
import { judgeJob } from "./judge-job.ts";
import type { SeenJob, SeenMember, SeenObject, SeenWorld } from "./observe-world.ts";
import { clusterBehind } from "./sequence-jobs.ts";

/** What is wrong with a moment, a sentence each; empty when all is as promised. */
export function judgeWorld(seen: SeenWorld): string[] {
  return [
    ...seen.objects.flatMap((object) => judgeOwner(seen, object)),
    ...judgeForeign(seen.foreign),
    ...seen.memberClusters.flatMap((member) => judgeMember(seen, member)),
    ...seen.jobs.flatMap((job) => judgeJob(seen, job)),
  ];
}

/** What may never happen, not even for a moment: somebody else's object changed. */
export function judgeForeign(foreign: SeenWorld["foreign"]): string[] {
  return foreign.flatMap(({ was, is }) => {
    const { name, namespace } = was.metadata;
    if (is === undefined) return [`${was.kind} ${namespace}/${name} of somebody else is gone`];
    return isDeepStrictEqual(essence(is), essence(was))
      ? []
      : [`${was.kind} ${namespace}/${name} of somebody else changed`];
  });
}

/** All but what the cluster's own controllers write. */
function essence(object: Unstructured): unknown {
  const { status: _status, metadata, ...rest } = object;
  const { resourceVersion: _version, managedFields: _fields, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

function judgeOwner(seen: SeenWorld, { cluster, kind, namespace, name, jobUid }: SeenObject): string[] {
  const job = seen.jobs.find(({ metadata }) => metadata.uid === jobUid);
  const what = `${kind} ${namespace}/${name} in ${cluster}`;
  if (job === undefined) return isOutOfReach(seen, cluster, jobUid) ? [] : [`${what} belongs to no live job`];
  if (cluster === "hub" || kind === "Pod") return [];
  const placements = job.status?.placements ?? [];
  const isRecorded = placements.some((place) => place.namespace === namespace && place.name === name);
  return isRecorded ? [] : [`${what} is in no placement of job ${job.metadata.namespace}/${job.metadata.name}`];
}

/** What a job left that was deleted by force waits for its member; a job that goes as it should keeps its record until then. */
function isOutOfReach(seen: SeenWorld, cluster: SeenObject["cluster"], jobUid: string): boolean {
  if (cluster === "hub" || !seen.forced.has(jobUid)) return false;
  const isRegistered = seen.memberClusters.some(({ metadata }) => clusterBehind(metadata.name) === cluster);
  return seen.away.has(cluster) || !isRegistered;
}

function judgeMember(seen: SeenWorld, member: SeenMember): string[] {
  const { name, deletionTimestamp } = member.metadata;
  const cluster = clusterBehind(name);
  const conditionOf = (type: string) => member.status?.conditions?.find((condition) => condition.type === type);
  const ready = conditionOf("Ready");
  const told = `MemberCluster ${name} says Ready=${ready?.status} ${ready?.reason}`;
  if (deletionTimestamp !== undefined) {
    const isUsed = seen.jobs.some((job) => hasPlace(seen, job, name));
    const remaining = conditionOf("ContentRemaining");
    if (!isUsed) return [`MemberCluster ${name} stays though no job has a place there: ${remaining?.message}`];
    return remaining?.status === "True" ? [] : [`MemberCluster ${name} waits without saying so`];
  }
  if (conditionOf("ContentRemaining") !== undefined) return [`MemberCluster ${name} speaks of a deletion`];
  if (seen.away.has(cluster)) return ready?.status === "True" ? [`${told}, but it is away`] : [];
  return ready?.status === "True" ? [] : [`${told}, but nothing is wrong`];
}

/** Whether a job keeps a MemberCluster: by a place under its name, or by what it has there under another name of the same cluster. */
function hasPlace(seen: SeenWorld, { metadata, status }: SeenJob, name: string): boolean {
  const cluster = clusterBehind(name);
  const hasObject = seen.objects.some((object) => object.cluster === cluster && object.jobUid === metadata.uid);
  return (status?.placements ?? []).some(
    (place) => place.cluster === name || (hasObject && clusterBehind(place.cluster) === cluster),
  );
}
