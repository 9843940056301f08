import { type JobCondition, Reason } from "@tributary/contracts";
import type { Condition, JobSnapshot } from "../snapshot.ts";
import { isFinished } from "./verdict.ts";

/** What a phase in which no worker works makes of the conditions that speak of work. */
interface Standing {
  readonly reason: Reason;
  readonly messages: Readonly<Partial<Record<JobCondition, string>>>;
}

const deleting: Standing = {
  reason: Reason.Deleting,
  messages: {
    Suspended: "the job is being deleted and not suspended",
    AggregationReady: "the job is being deleted, its aggregator goes with it",
    ClustersReady: "the job is being deleted, its workers are removed",
    Progressing: "the job is being deleted and waits for no member cluster",
    Degraded: "the job is being deleted, no participant is needed any more",
  },
};
const finished: Standing = {
  reason: Reason.Finished,
  messages: {
    AggregationReady: "the job is over, its aggregator is stopped",
    ClustersReady: "the job is over, its workers are removed; status.clusters says how they ended",
    Progressing: "the job is over",
    Degraded: "the job is over, no participant is needed any more",
  },
};
const suspended: Standing = {
  reason: Reason.Suspended,
  messages: {
    ClustersReady: "the workers are removed while spec.suspend is true",
    Degraded: "no participant is needed while spec.suspend is true",
  },
};
const notAccepted: Standing = {
  reason: Reason.NotAccepted,
  messages: {
    Suspended: "the job is not suspended any more, and goes on once its spec is accepted; see condition Accepted",
    AggregationReady: "no aggregator is kept while the spec is not accepted; see condition Accepted",
    ClustersReady: "no worker is placed while the spec is not accepted; see condition Accepted",
    Progressing: "no round is opened while the spec is not accepted; see condition Accepted",
    Degraded: "no participant is needed while the spec is not accepted; see condition Accepted",
  },
};

/**
 * Conditions that nothing decided in this look and that would go on telling what was true before: each says False and which phase
 * of the job makes it so. What was never told stays untold.
 */
export function retellStanding(snapshot: JobSnapshot, decided: readonly Condition[], isCutShort: boolean): Condition[] {
  const standing = standingOf(snapshot, isCutShort);
  if (standing === undefined) return [];
  const present = snapshot.job.status?.conditions ?? [];
  return Object.entries(standing.messages).flatMap(([type, message]) => {
    const isDecided = decided.some((condition) => condition.type === type);
    const told = present.find((condition) => condition.type === type);
    if (isDecided || told === undefined || (type === "Suspended" && !isStale(snapshot, told, standing))) return [];
    return [{ type: type as JobCondition, status: "False" as const, reason: standing.reason, message }];
  });
}

/** Whether a job that is not suspended any more was told of as suspended, and nobody has told yet that it goes on. */
function isStale({ job }: JobSnapshot, told: Pick<Condition, "status" | "reason">, { reason }: Standing): boolean {
  return !job.spec.suspend && (told.status === "True" || told.reason === reason);
}

function standingOf(snapshot: JobSnapshot, isCutShort: boolean): Standing | undefined {
  if (!isCutShort) return undefined;
  if (isFinished(snapshot)) return finished;
  if (snapshot.deletionMs !== undefined) return deleting;
  if (snapshot.job.spec.suspend) return suspended;
  // Whether it is accepted could not be judged: all stays as it was.
  return snapshot.hub.unread === undefined ? notAccepted : undefined;
}
