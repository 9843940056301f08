import { type CryptoSuite, termsDigest, toHex } from "@tributary/federated";
import { isTributaryError, type Logger, TributaryError } from "@tributary/kit";
import { formatWorkerUri, type WorkerIdentity } from "../../shared/identity/worker-uri.ts";
import { TermsRefusal, termsRefused } from "../../shared/terms/terms-refusal.ts";
import type { Trust } from "../trust/trust.ts";
import { decideAdmit } from "./decide-admit.ts";
import { type AdmitBytes, type AskedRound, type EnrolledCaller, readRound } from "./read-round.ts";
import type { WorkerFacts } from "./worker-facts.ts";

/** Largest parts of a question, in bytes: terms of 25,600 seats take less than four MiB, and a setup of as many parties five. */
export const ADMIT_BOUNDS = { setup: 8 * 2 ** 20, terms: 4 * 2 ** 20, start: 64 * 2 ** 10 } as const;

const SIGNATURE_BYTES = 64;

/** An answer as the audit trail keeps it: digests, no bytes of terms. */
export interface AdmitAnswer {
  readonly worker: string;
  readonly jobUid: string;
  readonly line: number;
  readonly attempt: number;
  readonly termsSha256: string;
  /** Digest of the start; absent where the bytes are no round. */
  readonly startSha256?: string;
  readonly policySha256: string;
  /** What forbids it; absent from a yes. */
  readonly refusal?: string;
}

/** What the method works with. */
export interface AdmitDeps {
  readonly crypto: CryptoSuite;
  readonly trust: { forRounds(): Trust };
  /** What is known of the worker's pod. @throws ENROLMENT_REFUSED when it is gone. */
  readonly describeWorker: (caller: EnrolledCaller, signal: AbortSignal) => Promise<WorkerFacts>;
  /** Durable before the answer is given: what cannot be written down is not answered. */
  readonly audit: (answer: AdmitAnswer, worker: WorkerIdentity) => Promise<void>;
  readonly log: Logger;
}

/**
 * `Admit` of WorkerService: whether the caller may take part in the round whose bytes it received. A no is an answer, whose words the worker
 * needs: it names the line of the policy, or what is wrong with the bytes.
 *
 * @throws PEERS_INVALID while policy and peers cannot be read;
 * MESSAGE_INVALID for parts of sizes that no question has.
 */
export function admitMethod({ crypto, trust, describeWorker, audit, log }: AdmitDeps) {
  return async (
    bytes: AdmitBytes,
    caller: EnrolledCaller,
    signal: AbortSignal,
  ): Promise<{ readonly policySha256: Uint8Array; readonly refusal: string }> => {
    requireSizes(bytes);
    const { policySha256, ...judged } = trust.forRounds();
    const worker = await describeWorker(caller, signal);
    const judgement = judge(() => {
      const round = readRound(crypto, caller, bytes);
      const forbidden = decideAdmit({ trust: judged, worker, round });
      if (forbidden === undefined) return { round };
      return { round, refusal: termsRefused(TermsRefusal.PolicyRefuses, forbidden) };
    });
    const answer: AdmitAnswer = {
      worker: formatWorkerUri(caller.identity),
      jobUid: caller.identity.jobUid,
      line: bytes.line,
      attempt: bytes.attempt,
      termsSha256: toHex(termsDigest(crypto, bytes.terms)),
      ...(judgement.round === undefined ? {} : { startSha256: toHex(judgement.round.startSha256) }),
      policySha256: toHex(policySha256),
      ...(judgement.refusal === undefined ? {} : { refusal: judgement.refusal.message }),
    };
    await audit(answer, caller.identity);
    log.info(answer, judgement.refusal === undefined ? "round admitted" : "round refused");
    return { policySha256, refusal: judgement.refusal?.message ?? "" };
  };
}

interface Judgement {
  readonly round?: AskedRound;
  readonly refusal?: TributaryError;
}

/** Bytes that are no round are an answer too: whoever sent them is to be found in the trail. */
function judge(decide: () => Judgement): Judgement {
  try {
    return decide();
  } catch (error) {
    if (isTributaryError(error, "TERMS_REFUSED")) return { refusal: error };
    throw error;
  }
}

function requireSizes(bytes: AdmitBytes): void {
  for (const [name, most] of Object.entries(ADMIT_BOUNDS) as [keyof typeof ADMIT_BOUNDS, number][]) {
    const { length } = bytes[name];
    if (length === 0 || length > most) throw invalid(`${name} of ${length} bytes, must be 1 to ${most}`);
  }
  const { length } = bytes.signature;
  if (length !== SIGNATURE_BYTES) throw invalid(`signature of ${length} bytes, must be ${SIGNATURE_BYTES}`);
}

function invalid(why: string): TributaryError {
  return new TributaryError("MESSAGE_INVALID", `a question about a round has ${why}`);
}
