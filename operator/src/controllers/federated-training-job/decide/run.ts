import { cleanupFinalizer } from "@tributary/contracts";
import type { AggregatorSettings, FrozenMember, FrozenRun } from "../render/frozen-run.ts";
import type { JobSnapshot, SeatObservation } from "../snapshot.ts";

/**
 * What the job's aggregator runs with: what was fixed when the job was accepted. Only what is new in the spec, and members in which
 * nothing of the job was placed yet, are taken from the present; all of it when the job was suspended since. Undefined while a
 * member that is not fixed yet is not known.
 */
export function runOf(snapshot: JobSnapshot, settings: AggregatorSettings): FrozenRun | undefined {
  const { kept, liveSettings } = snapshot.hub;
  const fixed = kept?.isOpen === false ? kept.run : undefined;
  const clusters = [...new Set(snapshot.seats.map((seat) => seat.participant.cluster))];
  const members = clusters.map((cluster) => {
    const before = kept?.run.members.find((member) => member.cluster === cluster);
    const isFixed = fixed !== undefined && before !== undefined && isUsed(snapshot, before);
    return isFixed ? before : (presentMember(snapshot.seats, cluster) ?? before);
  });
  if (!members.every((member) => member !== undefined)) return undefined;
  return { settings: fixed?.settings ?? settingsOf(settings, kept === undefined ? liveSettings : undefined), members };
}

/**
 * Whether workers may be in a member as the aggregator knows it: until then a mistake in its MemberCluster may be mended. While the
 * record of places is lost, or the member is still to be searched, nobody knows that there are none.
 */
function isUsed({ job }: JobSnapshot, { cluster, namespace }: FrozenMember): boolean {
  const { placements, unsearchedClusters } = job.status ?? {};
  if (placements === undefined || unsearchedClusters?.includes(cluster) === true)
    return job.metadata.finalizers?.includes(cleanupFinalizer) === true;
  return placements.some((one) => one.state === "Wanted" && one.cluster === cluster && one.namespace === namespace);
}

/** Somebody removed what was fixed while the aggregator runs: the StatefulSet still says what it was started with. */
function settingsOf(present: AggregatorSettings, live: Partial<AggregatorSettings> | undefined): AggregatorSettings {
  if (live === undefined) return present;
  const { storageClass: _class, ...others } = present;
  return { ...others, ...live };
}

function presentMember(seats: readonly SeatObservation[], cluster: string): FrozenMember | undefined {
  const member = seats.find((seat) => seat.participant.cluster === cluster)?.member;
  if (member === undefined || member.state === "missing" || member.gateCaPem === undefined) return undefined;
  const { gateCaPem, namespace, organisation } = member;
  return {
    cluster,
    gateCaPem,
    ...(namespace === undefined ? {} : { namespace }),
    ...(organisation === undefined ? {} : { organisation }),
  };
}
