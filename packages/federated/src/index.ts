export {
  ConvergedReason,
  type ConvergenceProgress,
  type ConvergenceVerdict,
  judgeConvergence,
  type MetricPoint,
  MetricProblem,
} from "./convergence/convergence.ts";
export {
  type ConvergenceRule,
  type ConvergenceSpec,
  MetricMode,
  parseConvergenceRule,
} from "./convergence/convergence-rule.ts";
export { ARGUMENT_INVALID, ArgumentError, isArgumentError, requireArgument, requireInteger } from "./errors.ts";
