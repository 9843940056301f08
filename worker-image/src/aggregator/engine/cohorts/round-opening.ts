import { create } from "@bufbuild/protobuf";
import { partyV1 } from "@tributary/contracts";
import {
  type AggregatorState,
  type CryptoSuite,
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

/** The two messages with which an attempt is opened and started, the same for each of its parties but for the time that is left. */
export interface RoundOpening {
  readonly opened: (remainingMs: number) => partyV1.RoundOpened;
  readonly started: partyV1.RoundStarted;
}

/** Signs what a round is, and what it starts from, once for all parties; the setup and plan messages have signatures of their own. */
export function signOpening(
  { crypto, signingSecret }: RoundSigner,
  { setup, plan }: AggregatorState,
  messages: { readonly setup: Uint8Array; readonly plan: Uint8Array },
  { terms, start, line }: RoundPapers,
): RoundOpening {
  const signed = signedRoundOf(crypto, setup, { terms, line });
  const signature = crypto.signEd25519(signingSecret, termsTranscript(signed));
  const startSignature = crypto.signEd25519(signingSecret, startTranscript(signed, plan!.plan.modelSha256));
  return {
    opened: (remainingMs) =>
      create(partyV1.RoundOpenedSchema, {
        setup: messages.setup,
        terms,
        line,
        signature,
        remainingMs: BigInt(Math.round(remainingMs)),
      }),
    started: create(partyV1.RoundStartedSchema, { plan: messages.plan, start, signature: startSignature }),
  };
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}
