import { ByteWriter, utf8 } from "../xsa1/bytes.ts";
import type { CryptoSuite } from "../xsa1/crypto-suite.ts";
import { type RoundSetup, setupDigest } from "../xsa1/setup.ts";
import { termsDigest } from "./round-terms.ts";

/** What the aggregator's signatures on a round bind. Digests are 32 bytes. */
export interface SignedRound {
  readonly jobUid: string;
  /** Digest of the setup; zeros for a round without a sum. */
  readonly setupDigest: Uint8Array;
  readonly termsSha256: Uint8Array;
  /** Ledger line that the round may become. */
  readonly line: number;
  readonly attempt: number;
}

/** What signatures bind of a round with this setup, whose terms travel as these bytes. */
export function signedRoundOf(
  crypto: CryptoSuite,
  setup: RoundSetup,
  { terms, line }: { readonly terms: Uint8Array; readonly line: number },
): SignedRound {
  const { jobUid, attempt } = setup;
  return { jobUid, setupDigest: setupDigest(crypto, setup), termsSha256: termsDigest(crypto, terms), line, attempt };
}

/** What the aggregator signs with the terms, before the start is known. */
export function termsTranscript(round: SignedRound): Uint8Array {
  return transcript("tributary/opened", round).finish();
}

/** What the aggregator signs with the start: everything that the round is. */
export function startTranscript(round: SignedRound, startSha256: Uint8Array): Uint8Array {
  return transcript("tributary/round", round).fixed(startSha256).finish();
}

function transcript(text: string, { jobUid, setupDigest, termsSha256, line, attempt }: SignedRound): ByteWriter {
  const writer = new ByteWriter().fixed(utf8(text)).text(jobUid);
  return writer.fixed(setupDigest).fixed(termsSha256).u64(line).u32(attempt);
}
