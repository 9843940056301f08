import type { controlV1 } from "@tributary/contracts";
import { judgeConvergence, MetricMode, type MetricPoint, parseConvergenceRule } from "@tributary/federated";
import type { LedgerLine } from "../store/ledger-line.ts";

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
export function metricValue(line: LedgerLine, metric: string): number | undefined {
  const opened = line.metrics[metric];
  return opened === undefined || opened.count === 0 ? undefined : opened.sum / opened.count;
}

/** Rounds of the ledger that changed the model. */
export function countCommitted(lines: readonly LedgerLine[]): number {
  return lines.filter(({ outcome }) => outcome === "Committed").length;
}

/** Applies a window's convergence rule to the committed rounds; a rule without a metric ends at its rounds alone. */
export function judgeRounds(rule: controlV1.ConvergenceRule | undefined, lines: readonly LedgerLine[]): RoundsVerdict {
  const committed = countCommitted(lines);
  if (rule === undefined || rule.metric === "") {
    const stop = rule !== undefined && rule.maxRounds > 0 && committed >= rule.maxRounds;
    const reason = stop ? "MaxRounds" : "";
    return { stop, reason, bestValue: undefined, bestRound: 0, roundsWithoutImprovement: 0 };
  }
  const parsed = parseConvergenceRule({
    metric: rule.metric,
    mode: rule.mode === "Max" ? MetricMode.Max : MetricMode.Min,
    maxRounds: rule.maxRounds,
    ...(rule.target !== "" && { target: rule.target }),
    ...(rule.patience > 0 && { patience: rule.patience }),
    ...(rule.minDelta !== "" && { minDelta: rule.minDelta }),
  });
  const verdict = judgeConvergence(parsed, historyOf(rule.metric, lines), committed);
  return {
    stop: verdict.kind === "Converged" || verdict.kind === "MaxRounds",
    reason: verdict.kind === "Converged" ? verdict.reason : verdict.kind === "MaxRounds" ? "MaxRounds" : "",
    bestValue: verdict.best === undefined ? undefined : Number(verdict.best.value),
    bestRound: verdict.best?.round ?? 0,
    roundsWithoutImprovement: verdict.roundsWithoutImprovement,
  };
}

/** One point for each evaluated model, the newest evaluation of it counts. */
function historyOf(metric: string, lines: readonly LedgerLine[]): MetricPoint[] {
  const points: MetricPoint[] = [];
  let committed = 0;
  for (const line of lines) {
    const value = metricValue(line, metric);
    if (value !== undefined) {
      if (points.at(-1)?.round === committed) points.pop();
      points.push({ round: committed, value });
    }
    if (line.outcome === "Committed") committed++;
  }
  return points;
}
