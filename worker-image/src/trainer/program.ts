import type { NamedTensors } from "./contract/tensor-file.ts";

/** Facts of one task that a program needs. */
export type TaskContext = {
  /** Round of the task, from 0. */
  readonly round: number;
  /**
   * Called between units of work.
   * @throws TributaryError (`DEADLINE_EXCEEDED`, `OPERATION_ABORTED`) when going on is of no use
   */
  readonly checkpoint: () => Promise<void>;
};

/** A sum of a metric and the number of units it runs over, so that only totals over workers need to be opened. */
export type MetricTotal = { readonly name: string; readonly sum: number; readonly count: number };

/** What training gives back. */
export type TrainOutcome = { readonly model: NamedTensors; readonly metrics: readonly MetricTotal[] };

/** What a trainer does for a job: one implementation for each value of the job's `trainer.task`. */
export interface TrainerProgram {
  /** Takes `localSteps` optimiser steps from `model` on the worker's own data. The same round repeated gives the same result. */
  train(model: NamedTensors, localSteps: number, context: TaskContext): Promise<TrainOutcome>;
  /** Evaluates `model` on a split of the worker's own data. */
  evaluate(model: NamedTensors, split: string, context: TaskContext): Promise<readonly MetricTotal[]>;
}
