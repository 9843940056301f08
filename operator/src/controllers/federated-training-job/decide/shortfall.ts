import { Reason } from "@tributary/contracts";
import type { AggregatorReport, JobSnapshot, Problem } from "../snapshot.ts";
import { countAbleWorkers } from "./clusters-ready.ts";

/**
 * The problem of the round in work. When rounds end by their deadline though the quorum has joined and no worker names a trouble
 * of its own, the deadline is what no worker can meet.
 */
export function describeRoundProblem(snapshot: JobSnapshot, report: AggregatorReport, problem: Problem): Problem {
  const { quorum, deadline, localSteps } = snapshot.job.spec.schedule.synchronous;
  const isLate =
    problem.reason === "QuorumNotReached" &&
    report.failedRounds > 0 &&
    report.parties.every((party) => party.problem === undefined || party.problem.reason === "DeadlineExceeded") &&
    countAbleWorkers(snapshot) >= quorum;
  if (!isLate) return problem;
  const remedy = `raise spec.schedule.synchronous.deadline or lower localSteps (${localSteps}); both can change while spec.suspend is true`;
  return {
    reason: Reason.DeadlineTooShort,
    message: `${problem.message}; rounds end by the deadline of ${deadline}${describePace(report)}: ${remedy}`,
  };
}

/** What the newest committed round took, by one machine's clock. */
function describePace({ history }: AggregatorReport): string {
  const newest = history.findLast(({ outcome }) => outcome === "Committed");
  if (newest === undefined) return ", and none was committed within it";
  return `; round ${newest.round} took ${((newest.committedMs - newest.startedMs) / 1000).toFixed(1)} s`;
}
