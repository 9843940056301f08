import { isParked } from "./kept-rounds.ts";
import { repeat } from "./party-round.ts";
import { type PartyState, roundOfSetup, withoutRound } from "./party-state.ts";
import type { PartyStep } from "./party-types.ts";

/**
 * A round ended without a result: forgets its secrets. What was signed in it is still answered for, and its number is never taken again.
 */
export function forgetRound(state: PartyState, setupDigest: Uint8Array): PartyStep {
  const round = roundOfSetup(state, setupDigest);
  if (round === undefined || isParked(round)) return repeat(state);
  return { state: withoutRound(state, round), effects: [{ type: "persist" }] };
}
