import { create } from "@bufbuild/protobuf";
import { partyV1 } from "@tributary/contracts";
import {
  type AggregatorState,
  type CryptoSuite,
  type PlannedState,
  signedRoundOf,
  startTranscript,
  termsTranscript,
} from "@tributary/federated";
import type { CohortRecord } from "./cohort-records.ts";

/** What the aggregator signs with, and the crypto that it signs by. */
export interface RoundSigner {
  readonly crypto: CryptoSuite;
  readonly signingSecret: Uint8Array;
}

/** Terms and start of an attempt as they travel. */
export interface RoundPapers {
  readonly terms: Uint8Array;
  readonly start: Uint8Array;
  readonly line: number;
}

/** The papers of a cohort, from its record. */
export function papersOf({ papers, line }: Pick<CohortRecord, "papers" | "line">): RoundPapers {
  return { terms: bytesOf(papers.terms), start: bytesOf(papers.start), line };
}

/** A message with which an attempt is opened or started: the same for each of its parties but for the time that is left. */
export type Timed<T> = (remainingMs: number) => T;

/** Signs what a round is, once for all parties; the setup has a signature of its own. */
export function signOpened(
  { crypto, signingSecret }: RoundSigner,
  state: AggregatorState,
  setup: Uint8Array,
  { terms, line }: RoundPapers,
): Timed<partyV1.RoundOpened> {
  const signature = crypto.signEd25519(
    signingSecret,
    termsTranscript(signedRoundOf(crypto, state.setup, { terms, line })),
  );
  return (remainingMs) =>
    create(partyV1.RoundOpenedSchema, { setup, terms, line, signature, remainingMs: wholeMs(remainingMs) });
}

/** Signs what a round starts from, once for all parties; the plan has a signature of its own. */
export function signStarted(
  { crypto, signingSecret }: RoundSigner,
  state: PlannedState,
  plan: Uint8Array,
  { terms, line, start }: RoundPapers,
): Timed<partyV1.RoundStarted> {
  const signed = signedRoundOf(crypto, state.setup, { terms, line });
  const signature = crypto.signEd25519(signingSecret, startTranscript(signed, state.plan.plan.modelSha256));
  return (remainingMs) =>
    create(partyV1.RoundStartedSchema, { plan, start, signature, remainingMs: wholeMs(remainingMs) });
}

/** At least one: none is what a start says that leaves the time to its opening. */
function wholeMs(remainingMs: number): bigint {
  return BigInt(Math.max(1, Math.round(remainingMs)));
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}
