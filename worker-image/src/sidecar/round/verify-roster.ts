import {
  type EnrolledParty,
  equalBytes,
  type RosterEntry,
  type RoundTerms,
  type SeatTerms,
} from "@tributary/federated";
import { dataNameBytes } from "../../shared/identity/data-name.ts";
import { type TrustedPeer, type VerifiedWorker, verifyMemberChain } from "../../shared/identity/verify-member-chain.ts";
import { TermsRefusal, termsRefused } from "../../shared/terms/terms-refusal.ts";
import type { CheckedTerms } from "./check-opened.ts";

/**
 * How far clocks of members may differ. Clocks of clouds are off by less than a second; a chain in a setup has lived for some two minutes of
 * its five, so that with this one even a clock that is four minutes ahead takes it, and a worker whose pod is gone counts for six minutes at
 * most.
 */
export const CLOCK_TOLERANCE_MS = 60_000;

/** What a roster is held to. */
export interface RosterTrust {
  readonly peers: readonly TrustedPeer[];
  /** Name of the worker's own member. */
  readonly member: string;
  /** The worker's party. */
  readonly partyId: number;
  readonly nowMs: number;
}

/**
 * The parties of a masked round as their members vouch for them: each seat of the roster shows a chain, which is that of exactly this seat of
 * this job. One that does not is not left out, since a smaller crowd would be the aggregator's choice: the round is refused.
 *
 * @throws TERMS_REFUSED, ChainRefused naming the seat and what is wrong with it.
 */
export function verifyRoster(
  { setup, terms }: Pick<CheckedTerms, "setup" | "terms">,
  trust: RosterTrust,
): EnrolledParty[] {
  const seats = new Map(terms.seats.map((seat) => [seat.party, seat]));
  return setup.roster.map((entry) => {
    const seat = seats.get(entry.id);
    if (seat === undefined) throw refused(entry.id, "has no seat in the terms");
    const verdict = verifyMemberChain(seat.chainDer, {
      peers: trust.peers,
      nowMs: trust.nowMs,
      toleranceMs: CLOCK_TOLERANCE_MS,
    });
    if (!verdict.ok) throw refused(entry.id, `shows no worker: ${verdict.refusal}, ${verdict.why}`);
    requireSameSeat(verdict.verified, terms, seat);
    requireSameEntry(verdict.verified, entry);
    if (entry.id === trust.partyId && verdict.verified.member !== trust.member)
      throw refused(entry.id, `is this worker's and shows member ${verdict.verified.member}, must be ${trust.member}`);
    return enrolledParty(verdict.verified);
  });
}

function requireSameSeat({ organisation, worker }: VerifiedWorker, { jobUid }: RoundTerms, seat: SeatTerms): void {
  const shown = { ...worker, organisation };
  const wanted = {
    jobUid,
    participant: seat.participant,
    workerIndex: seat.workerIndex,
    organisation: seat.organisation,
  };
  for (const field of ["jobUid", "participant", "workerIndex", "organisation"] as const)
    if (shown[field] !== wanted[field])
      throw refused(seat.party, `shows a worker whose ${field} is ${shown[field]}, must be ${wanted[field]}`);
}

function requireSameEntry(
  verified: VerifiedWorker,
  { id, organisation, publicKey, certificateSha256 }: RosterEntry,
): void {
  if (verified.organisation !== organisation)
    throw refused(id, `is of ${organisation} in the roster and of ${verified.organisation} by its chain`);
  if (!equalBytes(verified.publicKey, publicKey)) throw refused(id, "has another key in the roster than in its chain");
  if (!equalBytes(verified.certificateSha256, certificateSha256))
    throw refused(id, "has another certificate in the roster than in its chain");
}

function enrolledParty({ organisation, publicKey, certificateSha256, dataName }: VerifiedWorker): EnrolledParty {
  return { organisation, publicKey, certificateSha256, dataName: dataNameBytes(dataName) };
}

function refused(party: number, why: string) {
  return termsRefused(TermsRefusal.ChainRefused, `seat ${party} ${why}`);
}
