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
  invalid?: { problem: MetricProblem; point: MetricPoint };
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
  const judge = new ConvergenceJudge(rule);
  for (const point of history) judge.add(point);
  return judge.verdict(committedRounds);
}

/** Judges a history that grows, as {@link judgeConvergence} judges all of it: what was added is not looked at again. */
export class ConvergenceJudge {
  readonly #rule: ConvergenceRule;
  #fold: Fold = { lastRound: -1, withoutImprovement: 0 };

  constructor(rule: ConvergenceRule) {
    this.#rule = rule;
  }

  /** Takes the next evaluation; after one that is no metric none counts. */
  add(point: MetricPoint): void {
    if (this.#fold.invalid !== undefined) return;
    const score = scoreOf(this.#rule, point, this.#fold.lastRound);
    if (typeof score === "string") this.#fold.invalid = { problem: score, point };
    else observe(this.#rule, this.#fold, point, score);
  }

  /**
   * What the rule says of everything added, and of `latest` after it: an evaluation that another one of the same model may yet replace.
   *
   * @throws ArgumentError when committedRounds is no integer of 0 or more.
   */
  verdict(committedRounds: number, latest?: MetricPoint): ConvergenceVerdict {
    requireInteger("committedRounds", committedRounds, 0, Number.MAX_SAFE_INTEGER);
    if (latest !== undefined) {
      const judge = new ConvergenceJudge(this.#rule);
      judge.#fold = { ...this.#fold };
      judge.add(latest);
      return judge.verdict(committedRounds);
    }
    const progress = progressOf(this.#fold);
    const { invalid, converged } = this.#fold;
    if (invalid) return { kind: "Invalid", ...invalid, ...progress };
    if (converged) return { kind: "Converged", ...converged, ...progress };
    return { kind: committedRounds >= this.#rule.maxRounds ? "MaxRounds" : "Continue", ...progress };
  }
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
