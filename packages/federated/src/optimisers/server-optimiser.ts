import type { NumberRules } from "@tributary/contracts/fields";
import { requireArgument, requireInteger } from "../errors.ts";
import type { OptimiserParameters } from "./parameters.ts";

/** A chunk of a model, an update or optimiser state: flat, row-major. */
export type FloatVector = Float32Array | Float64Array;

/** Optimiser state of one chunk: one vector a slot, each as long as the chunk. */
export type ServerState<V extends FloatVector> = Readonly<Record<string, V>>;

/** One vector that an optimiser keeps between rounds, as long as the model. */
export interface StateSlot {
  /** Name under which the slot is stored in a checkpoint. */
  readonly name: string;
  /** Value of every element before the first round. */
  readonly initialValue: (parameters: OptimiserParameters) => number;
}

/** What one step of an optimiser reads; nothing of it is changed. */
export interface StepInput<V extends FloatVector> {
  /** The global model x_t. */
  readonly base: V;
  /** Mean over the cohort of what the parties reported: new minus base, in the sign of the wire. */
  readonly meanUpdate: V;
  /** State after the round before, or {@link createState} before the first. */
  readonly state: ServerState<V>;
  /** Number of the round, from 0. */
  readonly round: number;
  /** Parameters that {@link parseParameters} has checked. */
  readonly parameters: OptimiserParameters;
  /** Means over the cohort of the extra coordinates that {@link ServerOptimiser.extraMeans} names. */
  readonly extraMeans?: Readonly<Record<string, number>>;
}

/** What one step of an optimiser answers, in new vectors of the class of `base`. */
export interface StepOutput<V extends FloatVector> {
  /** The global model x_{t+1}. */
  readonly model: V;
  /** State after the round, same slots. */
  readonly state: ServerState<V>;
}

/**
 * A server optimiser: the rule that turns the mean update into the next global model.
 *
 * Every rule works on each coordinate alone with + - * / and sqrt in double precision, stored in the class of `base`.
 * So any division of the vectors into chunks gives the same bits, and another machine computes them again.
 */
export interface ServerOptimiser {
  /** Name in `spec.strategy.name`. */
  readonly name: string;
  /** Parameters it takes, with defaults and bounds. */
  readonly parameters: NumberRules;
  /** Vectors it keeps between rounds. */
  readonly stateSlots: readonly StateSlot[];
  /** Names of scalars that every party reports besides its update; empty when the update is enough. */
  readonly extraMeans: readonly string[];
  /** One step for one chunk. */
  readonly step: <V extends FloatVector>(input: StepInput<V>) => StepOutput<V>;
}

/** State of a chunk of `length` elements before the first round, in vectors made by `create`; ArgumentError for a length that is none. */
export function createState<V extends FloatVector>(
  optimiser: ServerOptimiser,
  parameters: OptimiserParameters,
  length: number,
  create: (length: number) => V,
): ServerState<V> {
  requireInteger("length", length, 0, Number.MAX_SAFE_INTEGER);
  const slots = optimiser.stateSlots.map(({ name, initialValue }) => {
    const vector = create(length);
    vector.fill(initialValue(parameters));
    return [name, vector] as const;
  });
  return Object.fromEntries(slots);
}

/**
 * Checks what a step was given.
 *
 * @throws ArgumentError when a vector has another length than `base`, a slot or an extra mean is missing, a value of
 * the mean update or of the extras is not finite, or the round is no integer of 0 or more.
 */
export function requireStepInput<V extends FloatVector>(optimiser: ServerOptimiser, input: StepInput<V>): void {
  const { base, meanUpdate, state, round, extraMeans } = input;
  requireInteger("round", round, 0, Number.MAX_SAFE_INTEGER);
  requireArgument(meanUpdate.length === base.length, "meanUpdate.length", meanUpdate.length, `${base.length}, as base`);
  const firstBad = firstNotFinite(meanUpdate);
  requireArgument(firstBad < 0, `meanUpdate[${firstBad}]`, meanUpdate[firstBad], "finite");
  for (const { name } of optimiser.stateSlots) {
    const length = state[name]?.length;
    requireArgument(length === base.length, `state.${name}.length`, length, `${base.length}, as base`);
  }
  for (const name of optimiser.extraMeans) {
    const value = extraMeans?.[name];
    requireArgument(
      Number.isFinite(value),
      `extraMeans.${name}`,
      value,
      `a finite mean, which ${optimiser.name} needs`,
    );
  }
}

/**
 * Refuses what a step made when a value of it is not finite in the class of `base`: an overflowing moment would freeze its
 * coordinate for ever, an overflowing model would be committed.
 *
 * @throws ArgumentError naming slot and coordinate.
 */
export function requireStepOutput<V extends FloatVector>(output: StepOutput<V>): StepOutput<V> {
  for (const [name, vector] of Object.entries({ model: output.model, ...output.state })) {
    const firstBad = firstNotFinite(vector);
    requireArgument(firstBad < 0, `${name}[${firstBad}]`, vector[firstBad], "finite after the step");
  }
  return output;
}

/** A new vector of the class and length of `like`, all zero. */
export function emptyLike<V extends FloatVector>(like: V): V {
  return (like instanceof Float32Array ? new Float32Array(like.length) : new Float64Array(like.length)) as V;
}

function firstNotFinite(vector: FloatVector): number {
  for (let i = 0; i < vector.length; i++) {
    if (!Number.isFinite(vector[i])) return i;
  }
  return -1;
}
