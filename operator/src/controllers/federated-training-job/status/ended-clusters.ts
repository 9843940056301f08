import { isDeepStrictEqual } from "node:util";
import { type FederatedTrainingJob, Reason } from "@tributary/contracts";
import { joinedWorkers } from "../decide/clusters-ready.ts";
import { countGone } from "../decide/gone-workers.ts";
import type { PlacementRecord } from "../plan.ts";
import type { JobSnapshot, Problem, SeatObservation } from "../snapshot.ts";

type ClusterStatus = NonNullable<NonNullable<FederatedTrainingJob["status"]>["clusters"]>[number];

/** How a job ended. */
export type Outcome = "Complete" | "Failed";

/** State of a participant that was there until its job ended so. */
const states: Readonly<Record<Outcome, string>> = { Complete: "Succeeded", Failed: "Failed" };

/** What is said of a participant of a failed job that lost no worker. */
const removed: Problem = { reason: Reason.Finished, message: "its workers are removed, since the job has failed" };

/**
 * The entries of a job that is over: each says how its participant ended, and counts workers only as long as its place may hold some.
 * A trouble that it ended with stays told, and so do pods that failed. One whose member did not answer at the end is lost until that
 * answers again, or nothing is left to ask it for.
 */
export function endClusters(
  snapshot: JobSnapshot,
  clusters: readonly ClusterStatus[],
  outcome: Outcome,
  record: PlacementRecord,
): ClusterStatus[] {
  return clusters.map((before) => {
    const { observedTime, ...known } = before;
    const seat = snapshot.seats.find(({ participant }) => isSeatOf(before, participant));
    const untold = outcome === "Failed" ? (tellGone(snapshot, seat) ?? removed) : undefined;
    const ended = endCluster(known, { state: states[outcome], untold }, countLeft(snapshot, before, seat, record));
    if (isDeepStrictEqual(ended, known)) return before;
    const heardMs = seat === undefined || seat.member.state === "missing" ? undefined : seat.member.heardMs;
    const time = heardMs === undefined ? observedTime : new Date(heardMs).toISOString();
    return { ...ended, ...(time === undefined ? {} : { observedTime: time }) };
  });
}

/** Participants of a job that is over, as the summary counts them: all served one that is complete, none is ready of one that failed. */
export function summariseEnd(clusters: readonly ClusterStatus[], outcome: Outcome): string {
  return `${outcome === "Complete" ? clusters.length : 0}/${clusters.length}`;
}

/** Workers that a participant still has, and whether its member can be asked, or needs to be. */
interface Left {
  readonly ready: number;
  readonly active: number;
  readonly isKnown: boolean;
}

function countLeft(
  snapshot: JobSnapshot,
  before: ClusterStatus,
  seat: SeatObservation | undefined,
  { placements, unsearchedClusters }: PlacementRecord,
): Left {
  const { participant, cluster, ready = 0, active = 0 } = before;
  const isHeld = placements.some((one) => one.participant === participant && one.cluster === cluster);
  if (!isHeld && !unsearchedClusters.includes(cluster)) return { ready: 0, active: 0, isKnown: true };
  const isKnown = seat?.member.state === "reachable";
  return {
    // Nobody joins a job that is over; what is heard of its aggregator comes and goes with the link.
    ready: Math.min(ready, joinedWorkers(snapshot, participant)),
    active: isKnown ? seat.activePods : active,
    isKnown,
  };
}

/** What is said of workers that failed for good where nothing tells why. */
function tellGone(snapshot: JobSnapshot, seat: SeatObservation | undefined): Problem | undefined {
  const gone = seat === undefined ? 0 : countGone(snapshot, seat);
  if (gone === 0) return undefined;
  return { reason: Reason.WorkerFailed, message: `${gone} of ${seat?.participant.workers} workers failed for good` };
}

/** How a participant ends that was there until the end, and what is then said of it when nothing else is. */
interface End {
  readonly state: string;
  readonly untold: Problem | undefined;
}

function endCluster(known: ClusterStatus, { state, untold }: End, { ready, active, isKnown }: Left): ClusterStatus {
  const { reason, message, ...others } = known;
  const isBack = known.state === "Lost" && isKnown;
  const isEnded = known.state === "Failed" || known.state === "Succeeded" || (known.state === "Lost" && !isKnown);
  const told = reason === undefined || isBack ? untold : { reason, ...(message === undefined ? {} : { message }) };
  return { ...others, state: isEnded ? known.state : state, ready, active, ...told };
}

function isSeatOf({ participant, cluster }: ClusterStatus, seat: SeatObservation["participant"]): boolean {
  return seat.name === participant && seat.cluster === cluster;
}
