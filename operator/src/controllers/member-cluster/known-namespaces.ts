import type { FederatedTrainingJob, MemberCluster } from "@tributary/contracts";
import { cleanupFinalizer } from "@tributary/contracts";

/** A namespace of a member that matters to this hub. */
export interface KnownNamespace {
  readonly name: string;
  /** Whether spec.namespaces of the MemberCluster names it. */
  readonly isMapped: boolean;
  /** Whether a job's status says that something is placed there. */
  readonly isInUse: boolean;
}

/** Something that a job has placed in a member, as its status records it. */
type Placement = NonNullable<NonNullable<FederatedTrainingJob["status"]>["placements"]>[number];

/**
 * Namespaces of a member in which objects of this hub may lie: those that are mapped, those that jobs' placements name, and
 * those that were mapped before and are not known to be empty.
 */
export function knownNamespaces(member: MemberCluster, jobs: readonly FederatedTrainingJob[]): KnownNamespace[] {
  const mapped = new Set(member.spec.namespaces.map((mapping) => mapping.member));
  const inUse = new Set(
    jobs.flatMap((job) => placementsIn(job, member.metadata.name)).map(({ namespace }) => namespace),
  );
  const before = (member.status?.namespaces ?? []).map(({ name }) => name);
  return [...new Set([...mapped, ...inUse, ...before])]
    .sort()
    .map((name) => ({ name, isMapped: mapped.has(name), isInUse: inUse.has(name) }));
}

/** Jobs that a member matters to, by namespace and name. */
export interface Holders {
  /** They say that something of theirs is there. */
  readonly placed: readonly string[];
  /** They wait for a search of it. */
  readonly searching: readonly string[];
  /** They may have something there and do not say. */
  readonly suspected: readonly string[];
}

/** Jobs that hold something in a member, or may. */
export function holdersOf(cluster: string, jobs: readonly FederatedTrainingJob[]): Holders {
  const keyOf = ({ metadata }: FederatedTrainingJob): string => `${metadata.namespace ?? "default"}/${metadata.name}`;
  const isSearching = (job: FederatedTrainingJob): boolean =>
    job.status?.unsearchedClusters?.includes(cluster) === true;
  const isSilent = (job: FederatedTrainingJob): boolean =>
    placementsOf(job) === undefined &&
    job.metadata.finalizers?.includes(cleanupFinalizer) === true &&
    job.spec.participants.some((participant) => participant.cluster === cluster);
  return {
    placed: jobs.filter((job) => placementsIn(job, cluster).length > 0).map(keyOf),
    searching: jobs.filter(isSearching).map(keyOf),
    suspected: jobs.filter(isSilent).map(keyOf),
  };
}

function placementsIn(job: FederatedTrainingJob, cluster: string): Placement[] {
  return (placementsOf(job) ?? []).filter((placement) => placement.cluster === cluster);
}

function placementsOf(job: FederatedTrainingJob): readonly Placement[] | undefined {
  return job.status?.placements;
}
