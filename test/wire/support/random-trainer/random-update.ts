import { createHash } from "node:crypto";

/** Variable that holds the seed of the vectors. */
export const RANDOM_SEED_VARIABLE = "TRIBUTARY_TEST_RANDOM_SEED";

/**
 * Grid of the vectors, the quantiser's first step. Models start in the middle of a binade and never leave it, so that each of their values is a
 * multiple of 2^-23: a model that is some whole steps further is a float32 again, and so is the difference.
 */
export const GRID = 2 ** -20;
/** What every value of a model is at first. */
export const CENTRE = 1.5;
/** Farthest value from the centre, in grid steps: root mean squares of updates then ask for the step of the grid in each round. */
const REACH = 2_150;

/** Whose vector it is, and of which round. */
export interface RandomRound {
  readonly seed: string;
  readonly participant: string;
  readonly workerIndex: number;
  readonly round: number;
}

/** How many grid steps a party moves each value of a model: to places that follow from seed, party, round and coordinate, whatever the model is. */
export function randomSteps(of: RandomRound, model: Float32Array): Int32Array {
  const label = JSON.stringify([of.seed, of.participant, of.workerIndex, of.round]);
  const drawn = createHash("shake256", { outputLength: 4 * model.length })
    .update(label)
    .digest();
  return Int32Array.from(model, (value, place) => {
    const target = (drawn.readUInt32LE(4 * place) % (2 * REACH + 1)) - REACH;
    return target - Math.round((value - CENTRE) / GRID);
  });
}
