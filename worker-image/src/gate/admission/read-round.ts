import type { gateV1 } from "@tributary/contracts";
import {
  type CryptoSuite,
  decodeMessage,
  equalBytes,
  isArgumentError,
  MessageType,
  type RoundSetup,
  type RoundTerms,
  type SeatTerms,
  type SignedRound,
  signedRoundOf,
  startDigest,
  startTranscript,
} from "@tributary/federated";
import type { WorkerIdentity } from "../../shared/identity/worker-uri.ts";
import { decodeStart, type ObjectRef } from "../../shared/terms/start-message.ts";
import { decodeTerms } from "../../shared/terms/terms-message.ts";
import { TermsRefusal, termsRefused } from "../../shared/terms/terms-refusal.ts";

/** A worker that the gate enrolled, as its certificate names it. */
export interface EnrolledCaller {
  readonly identity: WorkerIdentity;
  /** Uid of its pod. */
  readonly podUid: string;
  /** Ed25519 key of the certificate, 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** A round that is asked about, read from exactly the bytes that the worker received. */
export interface AskedRound {
  readonly setup: RoundSetup;
  readonly terms: RoundTerms;
  /** The seat of the worker that asks. */
  readonly seat: SeatTerms;
  readonly objects: readonly ObjectRef[];
  /** What the aggregator's signature binds. */
  readonly signed: SignedRound;
  readonly startSha256: Uint8Array;
}

/** The bytes of a question. */
export type AdmitBytes = Pick<gateV1.AdmitRequest, "setup" | "terms" | "start" | "line" | "attempt" | "signature">;

/**
 * Reads a round and shows that it is one: terms are those of the setup, the start is the one that the aggregator of that setup signed with
 * both, for this line and attempt, and one seat of it is the caller's own. Whatever is not bound so could be exchanged after a yes.
 *
 * Who the other seats are follows from chains of certificates, which terms do not carry yet; until then their organisations are the
 * aggregator's word.
 *
 * @throws TERMS_REFUSED naming the refusal and what differs.
 */
export function readRound(crypto: CryptoSuite, caller: EnrolledCaller, bytes: AdmitBytes): AskedRound {
  const setup = decodeSetup(bytes.setup);
  const signed = signedRoundOf(crypto, setup, bytes);
  if (!equalBytes(signed.termsSha256, setup.contextSha256))
    throw termsRefused(TermsRefusal.TermsAltered, "the terms are not those that the setup names");
  const terms = decodeTerms(bytes.terms);
  const objects = decodeStart(bytes.start);
  const startSha256 = digestOf(crypto, objects);
  if (!crypto.verifyEd25519(setup.aggregatorKey, startTranscript(signed, startSha256), bytes.signature))
    throw termsRefused(TermsRefusal.SignatureInvalid, "the setup's aggregator did not sign this start of these terms");
  if (bytes.line !== terms.line) throw changed(`line ${bytes.line} is asked for by terms for line ${terms.line}`);
  if (bytes.attempt !== setup.attempt)
    throw changed(`attempt ${bytes.attempt} is asked for by a setup for attempt ${setup.attempt}`);
  const seat = ownSeat(caller, setup, terms);
  return { setup, terms, seat, objects, signed, startSha256 };
}

function decodeSetup(bytes: Uint8Array): RoundSetup {
  try {
    const message = decodeMessage(bytes);
    if (message.type === MessageType.Setup) return message.setup;
  } catch (cause) {
    if (!isArgumentError(cause)) throw cause;
    throw termsRefused(TermsRefusal.TermsAltered, `the setup cannot be read: ${cause.message}`);
  }
  throw termsRefused(TermsRefusal.TermsAltered, "the setup is another message of the masking protocol");
}

function digestOf(crypto: CryptoSuite, objects: readonly ObjectRef[]): Uint8Array {
  try {
    return startDigest(crypto, objects);
  } catch (cause) {
    if (!isArgumentError(cause)) throw cause;
    throw termsRefused(TermsRefusal.StartChanged, cause.message);
  }
}

/** The certificate says who asks; the terms and the roster must say the same of one seat, and of one alone. */
function ownSeat(
  { identity, publicKey }: EnrolledCaller,
  { jobUid, roster }: RoundSetup,
  terms: RoundTerms,
): SeatTerms {
  const told = [
    ["the setup is", jobUid],
    ["the terms are", terms.jobUid],
  ] as const;
  for (const [what, uid] of told)
    if (uid !== identity.jobUid) throw changed(`${what} of job ${uid}, the worker is of job ${identity.jobUid}`);
  const { participant, workerIndex } = identity;
  const who = `worker ${workerIndex} of participant ${participant}`;
  const seats = terms.seats.filter((seat) => seat.participant === participant && seat.workerIndex === workerIndex);
  const [seat] = seats;
  if (seat === undefined || seats.length > 1)
    throw changed(`${who} has ${seats.length} seats in the terms, must be one`);
  const entry = roster.find(({ id }) => id === seat.party);
  if (entry === undefined || !equalBytes(entry.publicKey, publicKey))
    throw changed(`party ${seat.party} of the roster is not ${who}, whose seat it is`);
  return seat;
}

function changed(why: string) {
  return termsRefused(TermsRefusal.TermsChanged, why);
}
