import { type EnrolledParty, isMasked } from "@tributary/federated";
import type { Clock } from "@tributary/kit";
import { type RosterTrust, verifyRoster } from "../round/verify-roster.ts";
import { type MemberVoice, namedParties } from "./member-voice.ts";
import type { TrustOf } from "./trust.ts";

/** What the parties of a masked round are told by. */
export interface MaskedPartiesDeps extends Pick<RosterTrust, "member" | "partyId"> {
  readonly trustOf: TrustOf;
  readonly clock: Pick<Clock, "nowMs">;
}

/** Who is in a round: under masks whom members of the peer list vouch for, by what the own member asks for at that moment. */
export function partiesByTrust({ trustOf, clock, ...own }: MaskedPartiesDeps): MemberVoice["partiesOf"] {
  return async (opened, patienceMs, signal) => {
    if (!isMasked(opened.setup)) return namedParties(opened);
    const { peers, policy } = await trustOf(patienceMs, signal);
    const enrolled: EnrolledParty[] = verifyRoster(opened, { ...own, peers, nowMs: clock.nowMs() });
    const allowUnmasked = policy.protocols.includes("None");
    return { enrolled, policy: { allowUnmasked, minOrganisations: policy.minOrganisations } };
  };
}
