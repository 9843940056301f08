import { type DescField, equals } from "@bufbuild/protobuf";
import { controlV1 } from "@tributary/contracts";
import { TributaryError } from "@tributary/kit";

type WindowPlan = controlV1.WindowPlan;
const { WindowPlanSchema } = controlV1;

/** The windows that the aggregator was told of: what lies in its file, and nothing that follows from the ledger. */
export interface JobWindows {
  /** The window in work, or the last one. */
  readonly current: WindowPlan | undefined;
  /** The window that waits for its end. */
  readonly next: WindowPlan | undefined;
  /** Outcome with which the operator ended the job. */
  readonly finished: string | undefined;
}

/** What the ledger says about windows. */
export interface LedgerFacts {
  /** Rounds in the ledger, hence the number of the next round. */
  readonly rounds: number;
  /** Whether the newest line only evaluated. */
  readonly isEvaluated: boolean;
  /** Whether a window's own convergence rule ends training with this ledger. */
  readonly stops: (plan: WindowPlan) => boolean;
}

/** What to do with a plan that the operator hands in. */
export const PlanDecision = {
  /** The plan is known: nothing changes. */
  Known: "Known",
  /** The plan becomes the window in work, or replaces an earlier attempt at it. */
  Open: "Open",
  /** The plan waits for the end of the window in work. */
  Queue: "Queue",
} as const;
/** One of the values of {@link PlanDecision}. */
export type PlanDecision = (typeof PlanDecision)[keyof typeof PlanDecision];

/** Before the operator's first call. */
export const noWindows: JobWindows = { current: undefined, next: undefined, finished: undefined };

/** The window whose rounds are run now; `undefined` when there is none. */
export function openWindowOf({ current, finished }: JobWindows, ledger: LedgerFacts): WindowPlan | undefined {
  if (finished !== undefined || current === undefined || isOver(current, ledger)) return undefined;
  return current;
}

/**
 * The window that ended last; `undefined` while one is open and before the first ended. One that was to evaluate, and whose line an attempt
 * took that had been opened to train, did not do its work: another one evaluates.
 */
export function endedWindowOf({ current }: JobWindows, ledger: LedgerFacts): WindowPlan | undefined {
  if (current === undefined || !isOver(current, ledger)) return undefined;
  return current.evaluateOnly && !ledger.isEvaluated ? undefined : current;
}

/** The windows once the ledger has grown: the one that waits takes the place of one that is over; one that no longer fits is dropped. */
export function enterNext(windows: JobWindows, ledger: LedgerFacts): JobWindows {
  const { current, next } = windows;
  if (next === undefined || (current !== undefined && !isOver(current, ledger))) return windows;
  return { ...windows, current: next.from === ledger.rounds ? next : current, next: undefined };
}

/**
 * Takes a plan; a pure function of what is known.
 *
 * A plan of a higher attempt replaces the window in work, or what is left of it: its terms hold from the next attempt at a round on, the
 * attempt that is open keeps those it was opened with. Whatever waited behind the replaced window is dropped. The same plan again is known.
 *
 * @throws MESSAGE_INVALID for a plan that makes no sense, ROUND_CONFLICT naming what it contradicts: open or committed rounds, a later
 * attempt, other terms of the same attempt, a finished job.
 */
export function takePlan(
  before: JobWindows,
  plan: WindowPlan,
  ledger: LedgerFacts,
): { readonly decision: PlanDecision; readonly windows: JobWindows } {
  requireSane(plan);
  const windows = enterNext(before, ledger);
  const { current, next } = windows;
  for (const known of [current, next]) {
    if (known !== undefined && equals(WindowPlanSchema, plan, known)) return { decision: PlanDecision.Known, windows };
  }
  if (windows.finished !== undefined) throw conflict(plan, "the job is finished");
  for (const known of [current, next]) if (known?.from === plan.from) refuseEarlier(plan, known);
  const open = openWindowOf(windows, ledger);
  const opened = { decision: PlanDecision.Open, windows: { ...windows, current: plan, next: undefined } };
  if (open === undefined) {
    if (plan.from === ledger.rounds || isReplacement(plan, current, ledger)) return opened;
    throw conflict(plan, `the next round is ${ledger.rounds}`);
  }
  if (open.from === plan.from && open.attempt === plan.attempt) throw otherTerms(plan, open);
  if (isReplacement(plan, open, ledger)) return opened;
  if (plan.from === open.through + 1) return { decision: PlanDecision.Queue, windows: { ...windows, next: plan } };
  throw conflict(plan, `rounds ${open.from} to ${open.through} are open in attempt ${open.attempt}`);
}

function isOver(plan: WindowPlan, { rounds, stops }: LedgerFacts): boolean {
  return rounds > plan.through || (!plan.evaluateOnly && stops(plan));
}

/**
 * Whether a plan is a later attempt at a window that leaves something to do. It may start anywhere from the window's first round to the next
 * one: whoever made it knew no more of the ledger.
 */
function isReplacement(plan: WindowPlan, known: WindowPlan | undefined, { rounds }: LedgerFacts): boolean {
  if (known === undefined || plan.attempt <= known.attempt) return false;
  return plan.from >= known.from && plan.from <= rounds && plan.through >= rounds;
}

function refuseEarlier(plan: WindowPlan, known: WindowPlan): void {
  if (plan.attempt >= known.attempt) return;
  throw conflict(plan, `attempt ${plan.attempt} was replaced by attempt ${known.attempt}`);
}

function otherTerms(plan: WindowPlan, open: WindowPlan): TributaryError {
  const differing = WindowPlanSchema.fields.filter((field) => !hasSameField(plan, open, field)).map(({ name }) => name);
  return conflict(
    plan,
    `attempt ${open.attempt} is open with another ${differing.join(", ")}; other terms are another attempt`,
  );
}

function hasSameField(plan: WindowPlan, known: WindowPlan, { localName, message }: DescField): boolean {
  const [a, b] = [plan, known].map((side) => side[localName as keyof WindowPlan]);
  if (message === undefined || a === undefined || b === undefined) return a === b;
  return equals(message, a as never, b as never);
}

function requireSane(plan: WindowPlan): void {
  if (plan.through < plan.from) throw invalid(`through is ${plan.through}, must be at least from, ${plan.from}`);
  if (plan.attempt < 1) throw invalid("attempt is 0, must be at least 1");
  if (plan.quorum < 1) throw invalid("quorum is 0, must be at least 1");
  if (plan.deadlineMs < 1n) throw invalid("deadline_ms is 0, must be at least 1");
  if (plan.localSteps < 1 && !plan.evaluateOnly) throw invalid("local_steps is 0, must be at least 1");
}

function invalid(why: string): TributaryError {
  return new TributaryError("MESSAGE_INVALID", `window plan: ${why}`);
}

function conflict(plan: WindowPlan, why: string): TributaryError {
  return new TributaryError("ROUND_CONFLICT", `window ${plan.from} to ${plan.through}: ${why}`);
}
