import type { NamedTensors } from "./contract/tensor-file.ts";

/** What a program may do besides its work. */
export interface TaskContext {
  /**
   * Called between units of work.
   * @throws TributaryError (`DEADLINE_EXCEEDED`, `OPERATION_ABORTED`) when going on is of no use
   */
  readonly checkpoint: () => Promise<void>;
}

/** A tensor set that a task is given. */
export interface ReceivedSet {
  /** Where it lies in the shared volume, for messages. */
  readonly path: string;
  /** Programs leave it as it is: the next task may be given the same. */
  readonly tensors: NamedTensors;
}

/** A task as the program sees it. */
export interface TaskInput {
  /** Verb that was asked for. */
  readonly kind: string;
  /** Round of the task, from 0. */
  readonly round: number;
  /** Iteration of the loop that the step is in; 0 outside of loops. */
  readonly iteration: number;
  /** Local optimiser steps to take; 0 when the task trains nothing. */
  readonly localSteps: number;
  readonly parameters: Readonly<Record<string, string>>;
  /** The sets of a name, one a sender; none when the task has no such set. */
  readonly sets: (name: string) => readonly ReceivedSet[];
}

/** A sum of a metric and the number of units it runs over, so that only totals over workers need to be opened. */
export interface MetricTotal {
  readonly name: string;
  readonly sum: number;
  readonly count: number;
}

/** What a task made. */
export interface TaskOutput {
  /** Tensor sets by name, for each output of the task. */
  readonly sets: Readonly<Record<string, NamedTensors>>;
  readonly metrics?: readonly MetricTotal[];
  /** What is known of the work, by the names of the contract. */
  readonly facts?: Readonly<Record<string, number>>;
  readonly endsLoop?: boolean;
}

/** Does the tasks of one verb. The same task done again gives the same sets and metrics. */
export type TaskFunction = (input: TaskInput, context: TaskContext) => Promise<TaskOutput>;

/** What a trainer does for a job, verb by verb: one program for each value of the job's `trainer.task`. */
export type TrainerProgram = Readonly<Record<string, TaskFunction>>;
