import { ArgumentError, requireInteger } from "../errors.ts";
import { compareDecimals, type Decimal, requireDecimal } from "./decimal.ts";

/** Whether smaller or larger values of the metric are better. */
export const MetricMode = { Min: "Min", Max: "Max" } as const;
/** One of {@link MetricMode}. */
export type MetricMode = (typeof MetricMode)[keyof typeof MetricMode];

/** Most rounds that a job may ask for. */
export const MAX_ROUNDS_LIMIT = 100_000;
/** Longest patience, in evaluated rounds. */
export const MAX_PATIENCE = 10_000;

/** When to stop, as the API writes it: decimals are strings. */
export interface ConvergenceSpec {
  /** Name of the metric that is watched. */
  readonly metric: string;
  /** Whether smaller or larger is better. */
  readonly mode: MetricMode;
  /** Value at which the job has converged; never by value when left out. */
  readonly target?: string;
  /** Evaluated rounds without improvement after which the job has converged, 1 to 10,000; never when left out. */
  readonly patience?: number;
  /** Least change that counts as improvement, ≥ 0; any strict improvement when left out. */
  readonly minDelta?: string;
  /** Most rounds of the job, 1 to 100,000. */
  readonly maxRounds: number;
}

/** A checked {@link ConvergenceSpec} with its decimals read. */
export interface ConvergenceRule {
  readonly metric: string;
  readonly mode: MetricMode;
  readonly target: Decimal | undefined;
  readonly patience: number | undefined;
  readonly minDelta: Decimal;
  readonly maxRounds: number;
}

const ZERO: Decimal = { units: 0n, exponent: 0 };

/**
 * Checks a convergence rule and reads its decimals exactly.
 *
 * A rule without target and patience is accepted: it ends at `maxRounds` alone.
 *
 * @throws ArgumentError for an empty metric, an unknown mode, a text that is no decimal, a negative minDelta, a
 * patience outside 1..10,000 or maxRounds outside 1..100,000.
 */
export function parseConvergenceRule(spec: ConvergenceSpec): ConvergenceRule {
  if (spec.metric === "") throw new ArgumentError("convergence.metric", spec.metric, "the name of a metric");
  if (spec.mode !== MetricMode.Min && spec.mode !== MetricMode.Max) {
    throw new ArgumentError("convergence.mode", spec.mode, "Min or Max");
  }
  if (spec.patience !== undefined) requireInteger("convergence.patience", spec.patience, 1, MAX_PATIENCE);
  requireInteger("convergence.maxRounds", spec.maxRounds, 1, MAX_ROUNDS_LIMIT);
  const minDelta = spec.minDelta === undefined ? ZERO : requireDecimal("convergence.minDelta", spec.minDelta);
  if (compareDecimals(minDelta, ZERO) < 0) {
    throw new ArgumentError("convergence.minDelta", spec.minDelta, "a decimal of 0 or more");
  }
  return {
    metric: spec.metric,
    mode: spec.mode,
    target: spec.target === undefined ? undefined : requireDecimal("convergence.target", spec.target),
    patience: spec.patience,
    minDelta,
    maxRounds: spec.maxRounds,
  };
}
