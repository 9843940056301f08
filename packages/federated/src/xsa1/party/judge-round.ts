import type { Refusal } from "../refusals.ts";
import { RefusalReason, refusal } from "../refusals.ts";
import { checkSetup } from "./check-setup.ts";
import { refuse, repeat } from "./party-round.ts";
import { type PartyState, roundOfSetup } from "./party-state.ts";
import type { EnrolledParty, PartyContext, PartyStep } from "./party-types.ts";

/** Whether an open round would be opened now: its keys may have been exchanged long before it starts, and certificates and policy change. */
export function judgeRound(
  context: PartyContext,
  state: PartyState,
  setupDigest: Uint8Array,
  enrolled: readonly EnrolledParty[],
): PartyStep {
  const round = roundOfSetup(state, setupDigest);
  const found: Refusal | null =
    round === undefined
      ? refusal(RefusalReason.UnknownRound, "no open round has this setup")
      : checkSetup(context, round.setup, enrolled);
  return found === null ? repeat(state) : refuse(state, found);
}
