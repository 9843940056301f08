import { Reason } from "@tributary/contracts";
import { synchronousOf } from "@tributary/contracts/fields";
import type { PlannedEvent } from "../plan.ts";
import { renderTrainingRound } from "../render/training-round.ts";
import type { AggregatorReport, Condition, JobSnapshot, WindowPlan } from "../snapshot.ts";
import { countAbleWorkers } from "./clusters-ready.ts";
import { isEvaluated } from "./is-evaluated.ts";
import { describeRoundProblem, isTriedAgain } from "./shortfall.ts";
import type { Policy, Verdict } from "./verdict.ts";
import { hasOtherRule, hasOtherTerms, numberAttempt } from "./window-terms.ts";

/** Length that a window aims at, in milliseconds: one status write and one plan for about this much training. */
export const windowTargetMs = 10_000;
/** Most rounds of one window. */
export const windowMaxRounds = 100;

/** Opens the next window when the last one ended, and ends the job when the convergence rule or the number of rounds says so. */
export const rounds: Policy = (snapshot) => {
  const { aggregator } = snapshot;
  if (aggregator.state !== "heard") return { conditions: [waiting("the aggregator is not reachable yet")] };
  const { report } = aggregator;
  if (isEvaluated(report))
    return report.output.isPending ? { conditions: [publishing(report)] } : complete(snapshot, report);
  if (report.window !== undefined)
    return hasOtherTerms(snapshot, report.window)
      ? openWindow(snapshot, renewWindow(snapshot, report, report.window))
      : { conditions: [progressing(snapshot, report)] };
  if (!hasQuorum(snapshot))
    return { conditions: [waiting("too few workers have joined to open the next round")], requeueAfterMs: 5_000 };
  return openWindow(snapshot, nextWindow(snapshot, report));
};

function openWindow(snapshot: JobSnapshot, window: WindowPlan): Verdict {
  const message = describeWindow(window);
  const event: PlannedEvent = { type: "Normal", reason: Reason.RoundStarted, note: message };
  const trainingRound = renderTrainingRound(snapshot.job, window);
  return {
    actions: [{ type: "open-window", window, trainingRound, why: message }],
    conditions: [{ type: "Progressing", status: "True", reason: Reason.RoundStarted, message }],
    events: window.from === 0 || window.evaluateOnly || window.attempt > 1 ? [event] : [],
  };
}

/**
 * The window after the committed rounds: an evaluating one when training is over, else as many rounds as fit in the target. What a
 * rule says that the spec had before is no verdict on the present one.
 */
export function nextWindow(snapshot: JobSnapshot, report: AggregatorReport): WindowPlan {
  const { stop, rule } = report.verdict;
  return numberAttempt(snapshot, boundWindow(snapshot, report, stop && !hasOtherRule(snapshot, rule)), 1);
}

/**
 * Another attempt at what is left of an open window whose terms the spec no longer has. A window that evaluates goes on
 * evaluating, unless the rule by which training ended is another one now: then that decides anew.
 */
function renewWindow(snapshot: JobSnapshot, report: AggregatorReport, open: WindowPlan): WindowPlan {
  const isOver = hasOtherRule(snapshot, open.terms) ? false : report.verdict.stop || open.evaluateOnly;
  return numberAttempt(snapshot, boundWindow(snapshot, report, isOver), open.attempt + 1);
}

function boundWindow(snapshot: JobSnapshot, report: AggregatorReport, isOver: boolean): Omit<WindowPlan, "attempt"> {
  const { maxRounds } = synchronousOf(snapshot.job.spec);
  const { rounds: from, committedRounds } = report;
  if (isOver || committedRounds >= maxRounds) return { from, through: from, evaluateOnly: true };
  const length = Math.min(windowLength(report), maxRounds - committedRounds);
  return { from, through: from + length - 1, evaluateOnly: false };
}

function windowLength(report: AggregatorReport): number {
  const recent = report.history.slice(-3);
  if (recent.length === 0) return 1;
  const longestMs = Math.max(...recent.map((round) => round.committedMs - round.startedMs), 1);
  return Math.max(1, Math.min(windowMaxRounds, Math.floor(windowTargetMs / longestMs)));
}

function hasQuorum(snapshot: JobSnapshot): boolean {
  return countAbleWorkers(snapshot) >= synchronousOf(snapshot.job.spec).quorum;
}

function progressing(snapshot: JobSnapshot, report: AggregatorReport): Condition {
  const { problem } = report;
  if (problem !== undefined && !isTriedAgain(snapshot, report, problem))
    return { type: "Progressing", status: "False", ...describeRoundProblem(snapshot, report, problem) };
  const again = problem === undefined ? "" : ` again (attempt ${report.attempt}): ${problem.message}`;
  // Rounds go on without an output, but whoever looks should learn of it before the last one.
  const but = report.output.problem === undefined ? "" : `, but ${report.output.problem}`;
  return {
    type: "Progressing",
    status: "True",
    reason: Reason.RoundStarted,
    message: `round ${report.round} is ${report.stage.toLowerCase()}${again}${but}`,
  };
}

/** Training is over, but the aggregator must live until its models are where the spec wants them. */
function publishing(report: AggregatorReport): Condition {
  const { problem } = report.output;
  if (problem !== undefined)
    return { type: "Progressing", status: "False", reason: Reason.StorageUnavailable, message: problem };
  const message = "the models are being written to the output volume";
  return { type: "Progressing", status: "True", reason: Reason.Publishing, message };
}

function waiting(message: string): Condition {
  return { type: "Progressing", status: "False", reason: Reason.WaitingForWorkers, message };
}

function describeWindow(window: WindowPlan): string {
  const again = window.attempt > 1 ? ` in attempt ${window.attempt}, by the terms of the present spec` : "";
  if (window.evaluateOnly) return `round ${window.from} evaluates the last model${again}`;
  const rounds =
    window.from === window.through ? `round ${window.from} is` : `rounds ${window.from} to ${window.through} are`;
  return `${rounds} open${again}`;
}

function complete(snapshot: JobSnapshot, report: AggregatorReport): Verdict {
  const converged = report.verdict.stop && report.verdict.reason !== "MaxRounds";
  const reason = !converged
    ? Reason.MaxRounds
    : report.verdict.reason === "TargetReached"
      ? Reason.TargetReached
      : Reason.Converged;
  const { convergence } = snapshot.job.spec;
  const metric =
    convergence === undefined
      ? ""
      : `; best ${convergence.metric} ${report.verdict.best} in round ${report.verdict.bestRound}`;
  const message = `${report.committedRounds} rounds are committed${metric}`;
  return {
    conditions: [
      { type: "Complete", status: "True", reason, message },
      { type: "Progressing", status: "False", reason, message: "the job is complete" },
    ],
    events: [{ type: "Normal", reason, note: message }],
    requeueAfterMs: 1_000,
  };
}
