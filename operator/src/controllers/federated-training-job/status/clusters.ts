import { isDeepStrictEqual } from "node:util";
import { cutText, type FederatedTrainingJob, Reason } from "@tributary/contracts";
import { joinedWorkers, toldProblem } from "../decide/clusters-ready.ts";
import { countGone } from "../decide/gone-workers.ts";
import { isEvaluated } from "../decide/is-evaluated.ts";
import type { JobSnapshot, Problem, SeatObservation } from "../snapshot.ts";

type ClusterStatus = NonNullable<NonNullable<FederatedTrainingJob["status"]>["clusters"]>[number];

/** Longest message of one participant; many participants share a budget, so that a status stays small. */
const messageLimit = 300;
const leastMessage = 80;
const messageBudget = 8_000;

/**
 * One entry a participant. `observedTime` is when the member was last heard, as of the last change of the entry: what is stale
 * must look stale, and a heartbeat alone is no news that would be written.
 */
export function renderClusters(snapshot: JobSnapshot): ClusterStatus[] {
  const offsets = worstClockOffsets(snapshot);
  return snapshot.seats.map((seat) => {
    const fresh = renderCluster(snapshot, seat, offsets.get(seat.participant.name) ?? 0);
    const { observedTime: before, ...present } =
      snapshot.job.status?.clusters?.find(({ participant }) => participant === seat.participant.name) ?? {};
    const { observedTime, ...rest } = fresh;
    const isNews = seat.member.state !== "reachable" || before === undefined || !isDeepStrictEqual(present, rest);
    return isNews || observedTime === undefined ? fresh : { ...fresh, observedTime: before };
  });
}

function renderCluster(snapshot: JobSnapshot, seat: SeatObservation, clockOffsetMs: number): ClusterStatus {
  const problem = toldProblem(snapshot, seat) ?? clockNote(clockOffsetMs);
  const heardMs = seat.member.state === "missing" ? undefined : seat.member.heardMs;
  const ready = joinedWorkers(snapshot, seat.participant.name);
  return {
    participant: seat.participant.name,
    cluster: seat.participant.cluster,
    state: stateOf(snapshot, seat, ready),
    ...(heardMs === undefined ? {} : { observedTime: new Date(heardMs).toISOString() }),
    ready,
    active: seat.activePods,
    failed: seat.failedPods,
    ...(problem === undefined
      ? {}
      : { reason: problem.reason, message: cutText(problem.message, longestMessage(snapshot)) }),
  };
}

function longestMessage({ seats }: JobSnapshot): number {
  return Math.max(leastMessage, Math.min(messageLimit, Math.floor(messageBudget / seats.length)));
}

/** Least difference of two clocks that is worth a word, in milliseconds. */
const clockNoteMs = 5_000;

/** The clock of each participant's workers that is furthest off, in one pass: a job may have tens of thousands of workers. */
function worstClockOffsets({ aggregator }: JobSnapshot): ReadonlyMap<string, number> {
  const worst = new Map<string, number>();
  if (aggregator.state !== "heard") return worst;
  for (const { participant, clockOffsetMs } of aggregator.report.parties)
    if (Math.abs(clockOffsetMs) > Math.abs(worst.get(participant) ?? 0)) worst.set(participant, clockOffsetMs);
  return worst;
}

/** A clock that is far off harms no round, but it makes logs and times of the member hard to read. */
function clockNote(offsetMs: number): Problem | undefined {
  if (Math.abs(offsetMs) < clockNoteMs) return undefined;
  const message = `a worker's clock is ${Math.round(Math.abs(offsetMs) / 1000)} s ${offsetMs > 0 ? "ahead of" : "behind"} the aggregator's; rounds do not depend on it, but check the time service of its nodes`;
  return { reason: Reason.ClockOffset, message };
}

/** Participants that have all their workers, of all participants. */
export function summariseClusters(snapshot: JobSnapshot): string {
  if (isTrained(snapshot)) return `${snapshot.seats.length}/${snapshot.seats.length}`;
  const ready = snapshot.seats.filter(
    (seat) => joinedWorkers(snapshot, seat.participant.name) >= seat.participant.workers,
  );
  return `${ready.length}/${snapshot.seats.length}`;
}

function stateOf(snapshot: JobSnapshot, seat: SeatObservation, ready: number): string {
  if (seat.member.state === "unreachable") return "Lost";
  if (isTrained(snapshot)) return "Succeeded";
  if (countGone(snapshot, seat) === seat.participant.workers) return "Failed";
  if (ready >= seat.participant.workers)
    return snapshot.aggregator.state === "heard" && snapshot.aggregator.report.window !== undefined
      ? "Training"
      : "Ready";
  return seat.hasBatchJob ? "Placing" : "Pending";
}

/** Whether the last model is evaluated: the workers were told to end. */
function isTrained(snapshot: JobSnapshot): boolean {
  return snapshot.aggregator.state === "heard" && isEvaluated(snapshot.aggregator.report);
}
