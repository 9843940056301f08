import type { SeenJob, SeenObject, SeenWorld } from "./observe-world.ts";
import { clusterBehind, namespaceMap } from "./sequence-jobs.ts";

interface Case {
  readonly seen: SeenWorld;
  readonly job: SeenJob;
  readonly is: (type: string, status: "True" | "False", reason?: string) => boolean;
  readonly tell: (type: string) => string;
}

/**
 * What a job says that is not so, and what is so that it does not say: an oracle of its own that reads the objects of the moment
 * and shares nothing with the operator.
 */
export function judgeJob(seen: SeenWorld, job: SeenJob): string[] {
  const name = `job ${job.metadata.namespace}/${job.metadata.name}`;
  const conditions = job.status?.conditions ?? [];
  const conditionOf = (type: string) => conditions.find((condition) => condition.type === type);
  const view: Case = {
    seen,
    job,
    is: (type, status, reason) => {
      const found = conditionOf(type);
      return found?.status === status && (reason === undefined || found.reason === reason);
    },
    tell: (type) => {
      const found = conditionOf(type);
      return `${type}=${found?.status} ${found?.reason}: ${found?.message}`;
    },
  };
  return findingsOf(view).map((finding) => `${name}: ${finding}`);
}

function findingsOf(view: Case): string[] {
  const { job, is } = view;
  if (job.metadata.deletionTimestamp !== undefined) return judgeDeleting(view);
  if (is("Complete", "True") || is("Failed", "True")) return judgeFinished(view);
  const { generation } = job.metadata;
  if (job.status?.observedGeneration !== generation)
    return [`its status speaks of generation ${job.status?.observedGeneration}, not of ${generation}`];
  if (job.spec.suspend === true) return judgeSuspended(view);
  const claims = [
    ...judgePlaces(view),
    ...judgeCauses(view),
    ...(is("Suspended", "True") ? ["it says that it is suspended"] : []),
  ];
  if (!is("Accepted", "True")) return [...claims, ...judgeRefusal(view)];
  return [...claims, ...judgeWork(view)];
}

function judgeDeleting({ seen, job, is, tell }: Case): string[] {
  const { placements = [] } = job.status ?? {};
  const excuses = placements.filter(({ cluster }) => !canBeCleaned(seen, cluster));
  if (excuses.length === 0) return [`its deletion does not end (${placements.length} placements)`];
  if (!is("Progressing", "False", "CleanupPending")) return [`its deletion waits and it says ${tell("Progressing")}`];
  return excuses.some(({ cluster }) => tell("Progressing").includes(cluster))
    ? []
    : [`no cause in ${tell("Progressing")}`];
}

function judgeFinished({ seen, job }: Case): string[] {
  return workersOf(seen, job)
    .filter(({ kind, cluster }) => kind === "Job" && !seen.away.has(clusterBehind(cluster)))
    .map(({ name }) => `it is over and Job ${name} stays`);
}

function judgeSuspended({ seen, job, is, tell }: Case): string[] {
  const left = workersOf(seen, job).filter(
    ({ cluster }) => !seen.away.has(clusterBehind(cluster)) && isRegistered(seen, cluster),
  );
  return [
    ...(is("Suspended", "True") ? [] : [`it is suspended and says ${tell("Suspended")}`]),
    ...(is("Progressing", "False") ? [] : [`it is suspended and says ${tell("Progressing")}`]),
    ...left.map(({ kind, name }) => `it is suspended and ${kind} ${name} stays`),
  ];
}

/** A spec that is not accepted names something that is not there, and that is so. */
function judgeRefusal({ seen, job, tell }: Case): string[] {
  const reason = job.status?.conditions?.find(({ type }) => type === "Accepted")?.reason ?? "";
  const registered = (cluster: string) => seen.memberClusters.find(({ metadata }) => metadata.name === cluster);
  const clusters = job.spec.participants.map(({ cluster }) => cluster);
  const isTrue: Record<string, () => boolean> = {
    ClusterNotFound: () => clusters.some((cluster) => registered(cluster) === undefined),
    ClusterLeaving: () => clusters.some((cluster) => registered(cluster)?.metadata.deletionTimestamp !== undefined),
    RuntimeNotFound: () =>
      job.spec.trainer.runtime !== "noop" || clusters.some((cluster) => !isOffered(seen, job, cluster)),
    ClaimNotFound: () => !seen.claims.has(job.metadata.namespace ?? ""),
  };
  return isTrue[reason]?.() === true ? [] : [`it is not accepted and nothing is as it says: ${tell("Accepted")}`];
}

/** One place is recorded once, under whichever names its cluster is registered. */
function judgePlaces({ job }: Case): string[] {
  const places = (job.status?.placements ?? []).map(
    (place) => `${clusterBehind(place.cluster)} ${place.namespace} ${place.name}`,
  );
  return places.length === new Set(places).size ? [] : [`it records a place twice: ${places.join(", ")}`];
}

/** Causes that a job tells must hold now. */
function judgeCauses({ seen, job }: Case): string[] {
  const conditions = (job.status?.conditions ?? []).filter(({ status }) => status === "False");
  const told = [...conditions, ...(job.status?.clusters ?? [])];
  const has = (reason: string) => told.some((entry) => entry.reason === reason);
  const clusters = job.spec.participants.map(({ cluster }) => clusterBehind(cluster));
  const isAway = clusters.some((cluster) => seen.away.has(cluster));
  return [
    ...(has("NameTaken") && !inTheWay(seen, job) ? ["it says NameTaken and nothing is in its way"] : []),
    ...(has("QuotaExceeded") && !clusters.some((cluster) => seen.quotas.has(cluster))
      ? ["it says QuotaExceeded and there is no quota"]
      : []),
    ...(has("ClusterUnreachable") && !isAway ? ["it says ClusterUnreachable and every member answers"] : []),
  ];
}

/** An accepted job whose workers and aggregator are there goes on; one that does not names a cause. */
function judgeWork({ seen, job, is, tell }: Case): string[] {
  const uid = job.metadata.uid;
  const isAggregating = seen.objects.some(
    ({ kind, cluster, jobUid, isReady }) => cluster === "hub" && kind === "Pod" && jobUid === uid && isReady,
  );
  const canWork = job.spec.participants.filter(({ name, cluster }) => {
    const isHeard = isRegistered(seen, cluster) && !seen.away.has(clusterBehind(cluster));
    return isHeard && hasWorker(seen, job, name);
  });
  const isMissing = (name: string, cluster: string) =>
    !canWork.some((participant) => participant.name === name) && isRegistered(seen, cluster);
  const { quorum } = job.spec.schedule.synchronous;
  if (isAggregating && canWork.length >= quorum) {
    const lost = ["Progressing", "ClustersReady", "AggregationReady"].filter((type) => !is(type, "True"));
    return lost.map((type) => `its workers work and it says ${tell(type)}`);
  }
  const isExcused =
    inTheWay(seen, job) ||
    quorum > job.spec.participants.length ||
    job.spec.participants.some(({ name, cluster }) => isMissing(name, cluster) && hasExcuse(seen, job, cluster)) ||
    job.spec.participants.some(({ cluster }) => hasExcuse(seen, job, cluster));
  if (!isExcused)
    return [`nothing is wrong and it does not work: ${tell("AggregationReady")}; ${tell("ClustersReady")}`];
  return is("ClustersReady", "True") && is("AggregationReady", "True") && !hasAway(seen, job)
    ? [`it cannot work and says ${tell("ClustersReady")}`]
    : [];
}

function hasExcuse(seen: SeenWorld, job: SeenJob, cluster: string): boolean {
  const member = seen.memberClusters.find(({ metadata }) => metadata.name === cluster);
  const behind = clusterBehind(cluster);
  if (member === undefined || member.metadata.deletionTimestamp !== undefined) return true;
  return seen.away.has(behind) || seen.quotas.has(behind) || !isOffered(seen, job, cluster);
}

function hasAway(seen: SeenWorld, job: SeenJob): boolean {
  return job.spec.participants.some(({ cluster }) => seen.away.has(clusterBehind(cluster)));
}

function isRegistered(seen: SeenWorld, cluster: string): boolean {
  return seen.memberClusters.some(({ metadata }) => metadata.name === cluster);
}

function canBeCleaned(seen: SeenWorld, cluster: string): boolean {
  return isRegistered(seen, cluster) && !seen.away.has(clusterBehind(cluster));
}

function isOffered(seen: SeenWorld, job: SeenJob, cluster: string): boolean {
  const namespace = namespaceMap.find(({ hub }) => hub === job.metadata.namespace)?.member;
  return seen.offers.has(`${clusterBehind(cluster)}/${namespace}`);
}

/** Whether an object of somebody else has the name of one of the job's: those of the hub start with the job's own. */
function inTheWay(seen: SeenWorld, job: SeenJob): boolean {
  const { name, namespace } = job.metadata;
  const places = job.status?.placements ?? [];
  return seen.foreign.some(({ is }) => {
    if (is === undefined) return false;
    const isOnHub = is.metadata.name === `${name}-aggregator` && is.metadata.namespace === namespace;
    return (
      isOnHub || places.some((place) => place.name === is.metadata.name && place.namespace === is.metadata.namespace)
    );
  });
}

/** Whether as many workers run as a round needs, wherever they are: one that the hub cannot see still reports to the aggregator. */
export function hasQuorum(seen: SeenWorld, job: SeenJob): boolean {
  const running = job.spec.participants.filter(({ name }) => hasWorker(seen, job, name));
  return running.length >= job.spec.schedule.synchronous.quorum;
}

function hasWorker(seen: SeenWorld, job: SeenJob, participant: string): boolean {
  return workersOf(seen, job).some((one) => one.kind === "Pod" && one.participant === participant && one.isReady);
}

function workersOf(seen: SeenWorld, job: SeenJob): SeenObject[] {
  return seen.objects.filter(({ cluster, jobUid }) => cluster !== "hub" && jobUid === job.metadata.uid);
}
