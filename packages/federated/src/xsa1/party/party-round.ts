import { coefficientsSizeBytes } from "../../shamir/shamir.ts";
import { type MaskGraph, maskGraph } from "../mask-graph.ts";
import type { Refusal } from "../refusals.ts";
import { isMasked } from "../roster.ts";
import { shareCoefficients } from "../round-secrets.ts";
import type { RoundSetup } from "../setup.ts";
import type { AcceptedKeys, PartyRound, PartyState } from "./party-state.ts";
import type { PartyContext, PartyEffect, PartyStep } from "./party-types.ts";

/** The step that does nothing but say why. */
export function refuse(state: PartyState, found: Refusal): PartyStep {
  return { state, effects: [{ type: "refused", refusal: found }] };
}

/** The step that changes nothing and says something again. */
export function repeat(state: PartyState, ...effects: readonly PartyEffect[]): PartyStep {
  return { state, effects };
}

/** The mask graph of a round's key list. */
export function graphOf(context: PartyContext, setup: RoundSetup, keys: AcceptedKeys): MaskGraph {
  return maskGraph(context.crypto, keys.members, isMasked(setup) ? setup.neighbours : 0, keys.digest);
}

/** The two blocks of polynomial coefficients of a segment: mask secret first, self seed second. */
export function coefficientsOf(context: PartyContext, round: PartyRound, segment: number) {
  const sizeBytes = coefficientsSizeBytes(32, round.setup.threshold);
  const both = shareCoefficients(context.crypto, round.seed, round.setupDigest, segment, 2 * sizeBytes);
  return { maskSecret: both.subarray(0, sizeBytes), selfSeed: both.subarray(sizeBytes) };
}
