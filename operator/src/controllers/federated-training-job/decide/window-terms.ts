import { readDeadlineMs, synchronousOf } from "@tributary/contracts/fields";
import { renderTrainingRound } from "../render/training-round.ts";
import type { JobSnapshot, StopRule, WindowPlan, WindowTerms } from "../snapshot.ts";

type Job = JobSnapshot["job"];
type Bounds = Omit<WindowPlan, "attempt">;

/** What the spec says of every window. */
export function termsOf({ spec }: Job): WindowTerms {
  const { quorum, deadline, localSteps, maxRounds } = synchronousOf(spec);
  const reading = readDeadlineMs(deadline);
  const { convergence } = spec;
  return {
    quorum,
    // Acceptance read it already.
    deadlineMs: reading.ok ? reading.value : 0,
    localSteps,
    maxRounds,
    ...(convergence === undefined ? {} : { convergence }),
  };
}

/** Whether an open window has other terms than the spec, at the aggregator or in the TrainingRound that tells of it. */
export function hasOtherTerms(snapshot: JobSnapshot, open: WindowPlan): boolean {
  const wanted = termsOf(snapshot.job);
  if (open.terms !== undefined && printTerms(open.terms, open) !== printTerms(wanted, open)) return true;
  const told = snapshot.rounds.find(({ spec }) => spec.from === open.from && spec.attempt === open.attempt)?.spec;
  if (told === undefined) return false;
  const reading = readDeadlineMs(told.deadline);
  const steps = open.evaluateOnly ? 0 : wanted.localSteps;
  return (
    told.quorum !== wanted.quorum || told.localSteps !== steps || !reading.ok || reading.value !== wanted.deadlineMs
  );
}

/** Whether the rule by which training ends is another one by now than `rule`, that of a window or a verdict. */
export function hasOtherRule(snapshot: JobSnapshot, rule: StopRule | undefined): boolean {
  return rule !== undefined && printRule(rule) !== printRule(termsOf(snapshot.job));
}

/**
 * A window with its attempt: the first that is free. A plan that was written down and perhaps handed in is taken up again as
 * it is; its TrainingRound never changes, so other terms or bounds are another attempt.
 *
 * @param least lowest attempt that the aggregator takes.
 */
export function numberAttempt(snapshot: JobSnapshot, bounds: Bounds, least: number): WindowPlan {
  const present = snapshot.rounds.filter(({ spec }) => spec.from === bounds.from);
  const newest = present.reduce((most, { spec }) => Math.max(most, spec.attempt), 0);
  const known = present.find(({ spec }) => spec.attempt === newest)?.spec;
  const again = { ...bounds, attempt: newest };
  if (known !== undefined && newest >= least && isSamePlan(snapshot.job, again, known)) return again;
  return { ...bounds, attempt: Math.max(least, newest + 1) };
}

function isSamePlan(job: Job, window: WindowPlan, known: Readonly<Record<string, unknown>>): boolean {
  const wanted = renderTrainingRound(job, window).spec as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(([field, value]) => (known[field] ?? false) === (value ?? false));
}

function printTerms(terms: WindowTerms, { evaluateOnly }: Pick<WindowPlan, "evaluateOnly">): string {
  const { quorum, deadlineMs, localSteps } = terms;
  return JSON.stringify([quorum, deadlineMs, evaluateOnly ? 0 : localSteps, printRule(terms)]);
}

function printRule({ maxRounds, convergence }: StopRule): string {
  const { metric = "", mode = "", target = "", patience = 0, minDelta = "" } = convergence ?? {};
  return JSON.stringify([maxRounds, metric, mode, target, patience, minDelta]);
}
