import { requireInteger } from "../errors.ts";
import type { ConvergenceRule } from "./convergence-rule.ts";
import {
  compareDecimals,
  type Decimal,
  decimalOfNumber,
  negateDecimal,
  parseDecimal,
  subtractDecimals,
} from "./decimal.ts";

/** Why training has converged. */
export const ConvergedReason = { TargetReached: "TargetReached", Plateau: "Plateau" } as const;
/** One of {@link ConvergedReason}. */
export type ConvergedReason = (typeof ConvergedReason)[keyof typeof ConvergedReason];

/** What is wrong with an entry of the metric history. */
export const MetricProblem = {
  NotFinite: "NotFinite",
  NotADecimal: "NotADecimal",
  RoundNotAfterLast: "RoundNotAfterLast",
} as const;
/** One of {@link MetricProblem}. */
export type MetricProblem = (typeof MetricProblem)[keyof typeof MetricProblem];

/** The watched metric of one model. */
export interface MetricPoint {
  /** Rounds committed into the model that was evaluated: 0 is the initial model. Strictly increasing in a history. */
  readonly round: number;
  /** The value, as a double or as the decimal string that status carries. */
  readonly value: number | string;
}

/** Best value of the metric and the round whose model had it. */
export interface BestMetric {
  readonly round: number;
  readonly value: number | string;
}

/** What the history shows so far; part of every verdict. */
export interface ConvergenceProgress {
  /** Best value seen, the earliest round of equal ones; absent before the first evaluation. */
  readonly best?: BestMetric;
  /** Evaluated rounds since the last change of at least minDelta for the better. */
  readonly roundsWithoutImprovement: number;
}

/** What the rule says of a history. `Invalid` carries the first entry that is no metric. */
export type ConvergenceVerdict =
  | ({ readonly kind: "Continue" } & ConvergenceProgress)
  | ({ readonly kind: "Converged"; readonly reason: ConvergedReason; readonly atRound: number } & ConvergenceProgress)
  | ({ readonly kind: "MaxRounds" } & ConvergenceProgress)
  | ({ readonly kind: "Invalid"; readonly problem: MetricProblem; readonly point: MetricPoint } & ConvergenceProgress);

interface Fold {
  best?: BestMetric & { score: Decimal };
  reference?: Decimal;
  lastRound: number;
  withoutImprovement: number;
  converged?: { reason: ConvergedReason; atRound: number };
}

/**
 * Decides whether training goes on.
 *
 * A value improves when it is better than the last improvement and by at least minDelta, so slow progress adds up. The
 * target is reached at equality. The first of target and patience to be met stays the verdict whatever follows, because
 * a window may be open when it is met; the budget of rounds is asked last.
 *
 * @param history Evaluations in the order of their rounds; rounds that were not evaluated are left out.
 * @param committedRounds Rounds committed so far, evaluated or not.
 * @throws ArgumentError when committedRounds is no integer of 0 or more; a bad metric is a verdict, not an error.
 */
export function judgeConvergence(
  rule: ConvergenceRule,
  history: readonly MetricPoint[],
  committedRounds: number,
): ConvergenceVerdict {
  requireInteger("committedRounds", committedRounds, 0, Number.MAX_SAFE_INTEGER);
  const fold: Fold = { lastRound: -1, withoutImprovement: 0 };
  for (const point of history) {
    const score = scoreOf(rule, point, fold.lastRound);
    if (typeof score === "string") return { kind: "Invalid", problem: score, point, ...progressOf(fold) };
    observe(rule, fold, point, score);
  }
  const progress = progressOf(fold);
  if (fold.converged) return { kind: "Converged", ...fold.converged, ...progress };
  return { kind: committedRounds >= rule.maxRounds ? "MaxRounds" : "Continue", ...progress };
}

/** Reads a value so that smaller is better in either mode. */
function scoreOf(rule: ConvergenceRule, { round, value }: MetricPoint, lastRound: number): Decimal | MetricProblem {
  if (!Number.isSafeInteger(round) || round <= lastRound) return "RoundNotAfterLast";
  if (typeof value === "number" && !Number.isFinite(value)) return "NotFinite";
  const decimal = typeof value === "number" ? decimalOfNumber(value) : parseDecimal(value);
  if (!decimal) return /^[-+]?(nan|inf(inity)?)$/i.test(String(value)) ? "NotFinite" : "NotADecimal";
  return rule.mode === "Min" ? decimal : negateDecimal(decimal);
}

function observe(rule: ConvergenceRule, fold: Fold, point: MetricPoint, score: Decimal): void {
  fold.lastRound = point.round;
  if (!fold.best || compareDecimals(score, fold.best.score) < 0) fold.best = { ...point, score };
  if (isImprovement(rule, fold.reference, score)) {
    fold.reference = score;
    fold.withoutImprovement = 0;
  } else {
    fold.withoutImprovement += 1;
  }
  const reason = convergedReasonOf(rule, fold, score);
  if (reason && !fold.converged) fold.converged = { reason, atRound: point.round };
}

function isImprovement(rule: ConvergenceRule, reference: Decimal | undefined, score: Decimal): boolean {
  if (!reference) return true;
  const gain = subtractDecimals(reference, score);
  return gain.units > 0n && compareDecimals(gain, rule.minDelta) >= 0;
}

function convergedReasonOf(rule: ConvergenceRule, fold: Fold, score: Decimal): ConvergedReason | undefined {
  if (rule.target) {
    const target = rule.mode === "Min" ? rule.target : negateDecimal(rule.target);
    if (compareDecimals(score, target) <= 0) return "TargetReached";
  }
  return rule.patience !== undefined && fold.withoutImprovement >= rule.patience ? "Plateau" : undefined;
}

function progressOf(fold: Fold): ConvergenceProgress {
  const roundsWithoutImprovement = fold.withoutImprovement;
  if (!fold.best) return { roundsWithoutImprovement };
  return { best: { round: fold.best.round, value: fold.best.value }, roundsWithoutImprovement };
}
