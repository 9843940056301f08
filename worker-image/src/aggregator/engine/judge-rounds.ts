import type { controlV1 } from "@tributary/contracts";
import {
  ConvergenceJudge,
  type ConvergenceVerdict,
  MetricMode,
  type MetricPoint,
  parseConvergenceRule,
} from "@tributary/federated";
import type { RememberedLine } from "../store/remembered-lines.ts";

/** What the convergence rule says of the ledger. */
export interface RoundsVerdict {
  readonly stop: boolean;
  /** `TargetReached`, `Plateau`, `MaxRounds`, or empty while training goes on. */
  readonly reason: string;
  readonly bestValue: number | undefined;
  /** Rounds committed into the best model. */
  readonly bestRound: number;
  readonly roundsWithoutImprovement: number;
}

/** Mean of a metric over a round's survivors; `undefined` when nobody reported any. */
export function metricValue(line: RememberedLine, metric: string): number | undefined {
  const opened = line.metrics[metric];
  return opened === undefined || opened.count === 0 ? undefined : opened.sum / opened.count;
}

/** Rounds of the ledger that changed the model. */
export function countCommitted(lines: readonly RememberedLine[]): number {
  return lines.filter(({ outcome }) => outcome === "Committed").length;
}

/** Applies a window's convergence rule to the committed rounds; a rule without a metric ends at its rounds alone. */
export function judgeRounds(
  rule: controlV1.ConvergenceRule | undefined,
  lines: readonly RememberedLine[],
): RoundsVerdict {
  return new RoundsJudge(rule).judge(lines);
}

/** A convergence rule and a ledger that grows: each line is looked at once, since a ledger is long and asked about at every change. */
export class RoundsJudge {
  readonly #rule: controlV1.ConvergenceRule | undefined;
  readonly #judge: ConvergenceJudge | undefined;
  #seen = 0;
  #committed = 0;
  /** The newest evaluation: a later one of the same model takes its place. */
  #latest: MetricPoint | undefined;

  constructor(rule: controlV1.ConvergenceRule | undefined) {
    this.#rule = rule;
    this.#judge = rule === undefined || rule.metric === "" ? undefined : new ConvergenceJudge(parseRule(rule));
  }

  /** @param lines of the ledger; those of the calls before, and what was committed since. */
  judge(lines: readonly RememberedLine[]): RoundsVerdict {
    for (; this.#seen < lines.length; this.#seen++) this.#take(lines[this.#seen]!);
    if (this.#judge !== undefined) return roundsVerdict(this.#judge.verdict(this.#committed, this.#latest));
    const { maxRounds } = this.#rule ?? { maxRounds: 0 };
    const stop = maxRounds > 0 && this.#committed >= maxRounds;
    const reason = stop ? "MaxRounds" : "";
    return { stop, reason, bestValue: undefined, bestRound: 0, roundsWithoutImprovement: 0 };
  }

  #take(line: RememberedLine): void {
    const value = this.#rule === undefined ? undefined : metricValue(line, this.#rule.metric);
    if (value !== undefined) {
      const point = { round: this.#committed, value };
      if (this.#latest !== undefined && this.#latest.round !== point.round) this.#judge?.add(this.#latest);
      this.#latest = point;
    }
    if (line.outcome === "Committed") this.#committed++;
  }
}

function parseRule(rule: controlV1.ConvergenceRule) {
  return parseConvergenceRule({
    metric: rule.metric,
    mode: rule.mode === "Max" ? MetricMode.Max : MetricMode.Min,
    maxRounds: rule.maxRounds,
    ...(rule.target !== "" && { target: rule.target }),
    ...(rule.patience > 0 && { patience: rule.patience }),
    ...(rule.minDelta !== "" && { minDelta: rule.minDelta }),
  });
}

function roundsVerdict(verdict: ConvergenceVerdict): RoundsVerdict {
  return {
    stop: verdict.kind === "Converged" || verdict.kind === "MaxRounds",
    reason: verdict.kind === "Converged" ? verdict.reason : verdict.kind === "MaxRounds" ? "MaxRounds" : "",
    bestValue: verdict.best === undefined ? undefined : Number(verdict.best.value),
    bestRound: verdict.best?.round ?? 0,
    roundsWithoutImprovement: verdict.roundsWithoutImprovement,
  };
}
