import { Reason } from "@tributary/contracts";
import { synchronousOf } from "@tributary/contracts/fields";
import type { AggregatorReport, JobSnapshot, Problem } from "../snapshot.ts";
import { countAbleWorkers } from "./clusters-ready.ts";
import { keepsAnnouncedSum, maskedReasons, withRemedy } from "./masked-remedies.ts";

/**
 * The problem of the round in work. When the deadline closed it though the quorum was there and no worker names a trouble of its own,
 * the deadline is what no worker can meet.
 */
export function describeRoundProblem(snapshot: JobSnapshot, report: AggregatorReport, problem: Problem): Problem {
  const { quorum, deadline, localSteps } = synchronousOf(snapshot.job.spec);
  const isLate =
    problem.reason === "QuorumNotReached" &&
    report.isDeadlineMissed &&
    // What a worker says of itself must not hide what is true of enough others.
    report.parties.filter(({ problem: own }) => own === undefined || own.reason === "DeadlineExceeded").length >=
      quorum &&
    countAbleWorkers(snapshot) >= quorum;
  if (!isLate) return withRemedy(problem);
  const remedy = `raise spec.schedule.synchronous.deadline or lower localSteps (${localSteps}); both can change while spec.suspend is true`;
  return {
    reason: Reason.DeadlineTooShort,
    message: `${problem.message}; rounds end by the deadline of ${deadline}${describePace(report)}: ${remedy}`,
  };
}

/** Reasons for which one attempt at a round ends, and which say nothing of the next one. */
const endsOfAttempts: readonly string[] = ["QuorumNotReached", "ReportRefused", "SumDamaged", ...maskedReasons];
/** Stages of an attempt to which the quorum has answered: workers that say nothing never get so far. */
const answeredStages: readonly string[] = ["Training", "Collecting", "Unmasking", "Committing"];

/** Stages in which a sum of the present attempt is not announced yet: an announced one that cannot be opened is its own problem, not the one before's. */
const unannouncedStages: readonly string[] = ["Training", "Collecting"];

/**
 * Whether the problem is only that of the attempt before: the present one is at work, and it has the quorum of workers that name no
 * trouble. A deadline that was missed stays one until it is met.
 */
export function isTriedAgain({ job }: JobSnapshot, report: AggregatorReport, problem: Problem): boolean {
  const { quorum } = synchronousOf(job.spec);
  const untroubled = report.parties.filter((party) => party.problem === undefined).length;
  const isOfSum = keepsAnnouncedSum(problem.reason);
  const isAtWork = report.attempt > 1 && (isOfSum ? unannouncedStages.includes(report.stage) : isAnswered(report));
  return isAtWork && endsOfAttempts.includes(problem.reason) && !report.isDeadlineMissed && untroubled >= quorum;
}

/** Whether a round is open to which the quorum has answered. */
export function isAnswered({ stage }: AggregatorReport): boolean {
  return answeredStages.includes(stage);
}

/** What the newest committed round took, by one machine's clock. */
function describePace({ history }: AggregatorReport): string {
  const newest = history.findLast(({ outcome }) => outcome === "Committed");
  if (newest === undefined) return ", and none was committed within it";
  return `; round ${newest.round} took ${((newest.committedMs - newest.startedMs) / 1000).toFixed(1)} s`;
}
