import { ArgumentError } from "../errors.ts";
import { type ByteReader, ByteWriter } from "./bytes.ts";
import type { CryptoSuite } from "./crypto-suite.ts";
import type { RoundSetup } from "./setup.ts";

/** Largest magnitude of a step's exponent: steps are 2^-96 to 2^96, inside float32 with room for values. */
const MAX_STEP_EXPONENT = 96;

/** Base-model digest and quantiser steps of a round: known only when the round before has committed. */
export interface RoundPlan {
  /** SHA-256 of the base model, 32 bytes. */
  readonly modelSha256: Uint8Array;
  /** For each segment of the setup, in its order: exponents e of steps 2^e, one for the segment or one for each value. */
  readonly stepExponents: readonly (readonly number[])[];
}

/** The canonical bytes of a plan: model digest, then the step table. */
export function encodePlan(plan: RoundPlan): Uint8Array {
  const writer = new ByteWriter().fixed(plan.modelSha256);
  return writer.list(plan.stepExponents, (steps, item) => item.list(steps, (step) => item.i16(step))).finish();
}

/** Reads a plan from where `reader` stands; throws ArgumentError when the bytes end early. */
export function readPlan(reader: ByteReader): RoundPlan {
  return { modelSha256: reader.fixed(32), stepExponents: reader.list((item) => item.list(() => item.i16())) };
}

/** `SHA256(setup_digest ‖ model digest ‖ step table)`: salt of every mask key, so that parties with different models get different masks. */
export function planDigest(crypto: CryptoSuite, setup: Uint8Array, plan: RoundPlan): Uint8Array {
  return crypto.sha256(setup, encodePlan(plan));
}

/** What of a plan's step table does not fit the setup: a list too many or too few, of a wrong length, or a step out of bounds. */
export function faultOfSteps({ segments }: RoundSetup, { stepExponents }: RoundPlan): ArgumentError | null {
  const { length } = stepExponents;
  if (length !== segments.length) {
    return new ArgumentError("plan.stepExponents.length", length, `${segments.length}, one list for each segment`);
  }
  for (const [i, { id, valueCount }] of segments.entries()) {
    const steps = stepExponents[i]!;
    const name = `plan.stepExponents of segment ${id}`;
    if (steps.length !== 1 && steps.length !== valueCount) {
      return new ArgumentError(name, steps, `a list of 1 or of ${valueCount}, one for each value`);
    }
    const bad = steps.find((exponent) => !Number.isInteger(exponent) || Math.abs(exponent) > MAX_STEP_EXPONENT);
    if (bad !== undefined) return new ArgumentError(name, bad, "integers from -96 to 96");
  }
  return null;
}
