import { type ByteReader, ByteWriter } from "./bytes.ts";
import type { CryptoSuite } from "./crypto-suite.ts";

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
