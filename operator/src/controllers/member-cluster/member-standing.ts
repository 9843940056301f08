import type { LeftoverReport } from "../collector/leftover-report.ts";
import { callDeadlineMs } from "../shared/call-deadline.ts";
import type { KnownNamespace } from "./known-namespaces.ts";

/** What has held of a member without a gap, and since when: what was found before that says nothing of now. */
export interface MemberStanding {
  /** Uid of the MemberCluster, and of the cluster that it leads to where that is known. */
  readonly uid: string;
  readonly clusterUid?: string | undefined;
  /** Since when the member answers. All times are milliseconds of the operator's monotonic clock. */
  readonly answersSinceMs: number;
  /** Since when each namespace that is neither mapped nor in use has been neither. */
  readonly idleSinceMs: ReadonlyMap<string, number>;
}

/** One look at what a standing is made of. */
export interface StandingFacts extends Pick<MemberStanding, "uid" | "clusterUid"> {
  readonly isReachable: boolean;
  readonly namespaces: readonly KnownNamespace[];
  readonly nowMs: number;
}

/** The standing after a look; undefined while the member does not answer, so that all begins anew when it is back. */
export function nextStanding(before: MemberStanding | undefined, facts: StandingFacts): MemberStanding | undefined {
  const { uid, clusterUid, isReachable, namespaces, nowMs } = facts;
  if (!isReachable) return undefined;
  const same = before !== undefined && isSameCluster(before, facts) ? before : undefined;
  const idle = namespaces.filter(({ isMapped, isInUse }) => !isMapped && !isInUse);
  return {
    uid,
    clusterUid: clusterUid ?? same?.clusterUid,
    answersSinceMs: same?.answersSinceMs ?? nowMs,
    idleSinceMs: new Map(idle.map(({ name }) => [name, same?.idleSinceMs.get(name) ?? nowMs])),
  };
}

/** What the collector found of a member since it answers; nothing while it does not. */
export function currentLeftovers(
  report: LeftoverReport | undefined,
  standing: MemberStanding | undefined,
): LeftoverReport | undefined {
  return report !== undefined && standing !== undefined && report.beganMs >= standing.answersSinceMs
    ? report
    : undefined;
}

/**
 * Whether a namespace can be forgotten: a look at the member that began after it was mapped and in use last read it and found it
 * empty. What was being made there when a job gave it up is there by the end of its call, hence the look begins later than that.
 */
export function isSeenEmpty(
  namespace: string,
  report: LeftoverReport | undefined,
  standing: MemberStanding | undefined,
): boolean {
  const idleSinceMs = standing?.idleSinceMs.get(namespace);
  const found = currentLeftovers(report, standing);
  return (
    idleSinceMs !== undefined &&
    found !== undefined &&
    found.beganMs >= idleSinceMs + callDeadlineMs &&
    found.remaining.get(namespace) === 0
  );
}

function isSameCluster(before: MemberStanding, { uid, clusterUid }: StandingFacts): boolean {
  const isKnownOther = clusterUid !== undefined && before.clusterUid !== undefined && clusterUid !== before.clusterUid;
  return uid === before.uid && !isKnownOther;
}
