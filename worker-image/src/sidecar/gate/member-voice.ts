import { type EnrolledParty, isMasked, namedByAggregator, type OpeningPolicy } from "@tributary/federated";
import { TermsRefusal, termsRefused } from "../../shared/terms/terms-refusal.ts";
import type { CheckedTerms } from "../round/check-opened.ts";
import { type Admit, admitEverything } from "./admission.ts";
import { type RecordSum, recordNowhere } from "./record-sums.ts";

/** Who is in a round, and what the member asks of it. */
export interface RoundParties {
  readonly enrolled: readonly EnrolledParty[];
  /** What the party was made with where the member says nothing. */
  readonly policy?: OpeningPolicy;
}

/** What a worker's member says of rounds. */
export interface MemberVoice {
  /** Who is in an opened round. @throws TERMS_REFUSED, PEERS_INVALID, GATE_UNREACHABLE. */
  readonly partiesOf: (opened: CheckedTerms, patienceMs: number, signal: AbortSignal) => Promise<RoundParties>;
  /** Whether the worker may take part, before anything is fetched or trained. */
  readonly admit: Admit;
  /** Remembers what the worker is about to sign. */
  readonly record: RecordSum;
}

/** A worker that no gate can be asked for: its certificate lies in files, or its member's gate only enrols. It is in no masked round. */
export const noMember: MemberVoice = {
  partiesOf: async (opened) => {
    if (!isMasked(opened.setup)) return namedParties(opened);
    const why = "this worker has no gate that says whom its member trusts; set TRIBUTARY_GATE_WORKER_ADDRESS";
    throw termsRefused(TermsRefusal.TrustMissing, why);
  },
  admit: admitEverything,
  record: recordNowhere,
};

/** Without masks the aggregator's roster is taken as it is: it sees each update anyway, and whether it may is asked of the gate before anything is trained. */
export function namedParties({ setup }: Pick<CheckedTerms, "setup">): RoundParties {
  return { enrolled: namedByAggregator(setup.roster) };
}
