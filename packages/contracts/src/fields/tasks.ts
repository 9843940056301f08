import { type FieldFinding, showValue } from "./finding.ts";
import { type NumberRule, type NumberRules, readNumbers } from "./numbers.ts";

/** Stands for: in no round. */
const noRound = -1;

/** The tasks that a job can name, each with the hyperparameters that its trainers know. */
export const taskRules = {
  "language-modeling": {
    learningRate: { fallback: 1e-3, min: 1e-8, max: 1 },
    beta1: { fallback: 0.9, min: 0, max: 0.999999 },
    beta2: { fallback: 0.999, min: 0, max: 0.999999 },
    epsilon: { fallback: 1e-8, min: 1e-16, max: 1 },
    weightDecay: { fallback: 0, min: 0, max: 1 },
    /** Largest norm of a step's gradient. */
    clipNorm: { fallback: 1, min: 1e-6, max: 1e6 },
    /** Passages in the batch of one local step. */
    batchSize: { fallback: 1, min: 1, max: 1024, whole: true },
    /** Tokens of a passage. */
    sequenceLength: { fallback: 64, min: 2, max: 8192, whole: true },
    /** Held-out passages that a worker evaluates in a round, its first ones; 0 for all. */
    validationPassages: { fallback: 0, min: 0, max: 1_000_000, whole: true },
  },
  noop: {
    /** Added to every value by one local step. A power of two, so that sums and quantisation are exact. */
    increment: { fallback: 2 ** -10, min: 2 ** -30, max: 1 },
    /** Simulated time of one local step, in milliseconds. */
    simulateStepMs: { fallback: 0, min: 0, max: 600_000, whole: true },
    /** Round whose loss is NaN, simulated. */
    simulateNaNAtRound: { fallback: noRound, min: noRound, max: 1_000_000, whole: true },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, NumberRule>>>>;

/** Name of a task that a job can ask for. */
export type TaskName = keyof typeof taskRules;

/** What a trainer is told, as the API writes it. */
export interface TrainerSpec {
  /** Name of the task. */
  readonly task: string;
  /** Settings by name, decimals as texts or whole numbers. */
  readonly hyperparameters?: Readonly<Record<string, string | number>> | undefined;
}

/** Everything wrong with the settings of a trainer at `path`: its task, a setting that it does not know, a value out of bounds. */
export function checkTrainer(path: string, trainer: TrainerSpec): FieldFinding[] {
  const { task } = trainer;
  if (!Object.hasOwn(taskRules, task)) {
    return [{ path: `${path}.task`, value: task, expected: `one of ${Object.keys(taskRules).join(", ")}` }];
  }
  return checkHyperparameters(path, trainer);
}

/** Everything wrong with the hyperparameters of `path`, which a trainer of the task is told; none for a task that nobody knows. */
export function checkHyperparameters(path: string, { task, hyperparameters = {} }: TrainerSpec): FieldFinding[] {
  if (!Object.hasOwn(taskRules, task)) return [];
  const rules: NumberRules = taskRules[task as TaskName];
  return readNumbers(hyperparameters, rules).findings.map((finding) => ({
    path: `${path}.hyperparameters.${finding.name}`,
    value: finding.value,
    expected: finding.isUnknown ? `${finding.expected} to task ${showValue(task)}` : finding.expected,
  }));
}
