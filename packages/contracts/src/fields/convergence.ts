import { readDecimal } from "./decimal.ts";
import { type FieldFinding, findingsOf, type Reading, refuse } from "./finding.ts";

/** When a job ends before its last round, as the API writes it. */
export interface ConvergenceFields {
  /** Value at which the job has converged. */
  readonly target?: string | undefined;
  /** Rounds without improvement after which the job has converged. */
  readonly patience?: number | undefined;
  /** Least change that counts as improvement. */
  readonly minDelta?: string | undefined;
}

/** Reads the least change that counts as improvement: a decimal of 0 or more. */
export function readMinDelta(text: string): Reading<number> {
  const reading = readDecimal(text);
  return reading.ok && reading.value >= 0 ? reading : refuse('a decimal of 0 or more such as "0.005"');
}

/** Everything wrong with a convergence rule at `path`. */
export function checkConvergence(path: string, { target, patience, minDelta }: ConvergenceFields): FieldFinding[] {
  return [
    ...(target === undefined && patience === undefined
      ? [{ path, value: undefined, expected: "a rule with a target, a patience, or both" }]
      : []),
    ...(target === undefined ? [] : findingsOf(`${path}.target`, target, readDecimal(target))),
    ...(minDelta === undefined ? [] : findingsOf(`${path}.minDelta`, minDelta, readMinDelta(minDelta))),
  ];
}
