import { enrolledParties } from "../../../shared/crypto/protocol/enrolled-parties.ts";
import { admitEverything } from "../admission.ts";
import type { MemberVoice } from "../member-voice.ts";

/** A member that vouches for every roster, admits every round and remembers every sum. */
export const trustingMember: MemberVoice = {
  partiesOf: async ({ setup }) => ({ enrolled: enrolledParties(setup.roster) }),
  admit: admitEverything,
  record: async () => {},
};
