import type { gateV1 } from "@tributary/contracts";
import { type Clock, catalogue, type Logger, retry, TributaryError } from "@tributary/kit";
import { TermsRefusal, termsRefused } from "../../shared/terms/terms-refusal.ts";
import { type CallOptions, isAskedAgain } from "./ask-patiently.ts";

/** A sum that the worker is about to sign, whose seats do the same work in all its sections. */
export interface SumToSign
  extends Pick<gateV1.RecordRequest, "line" | "attempt" | "startSha256" | "threshold" | "workSha256"> {
  readonly sections: readonly Pick<gateV1.SectionSurvivors, "section" | "dataNames">[];
}

/** Has a sum remembered before it is signed. */
export type RecordSum = (sum: SumToSign & { readonly sentBytes: number }, signal: AbortSignal) => Promise<void>;

/** What {@link recordAtGate} works with. */
export interface RecordDeps {
  readonly ask: (
    request: SumToSign & { readonly sentBytes: bigint },
    options: CallOptions,
  ) => Promise<Pick<gateV1.RecordResponse, "refusal">>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The gate answers once it is durable. */
const CALL_TIMEOUT_MS = 5_000;
const BACKOFF = { initialMs: 100, maxMs: 5_000 };

/** A worker without a gate that remembers: it is in no masked round, and signs no masked sum. */
export const recordNowhere: RecordSum = async () => {
  throw termsRefused(TermsRefusal.TrustMissing, "nobody remembers what this worker signs");
};

/**
 * Asks the gate to remember each sum, for as long as it takes: nothing is signed meanwhile.
 *
 * @returns a function that throws DIFFERENCE_OF_JOBS with the gate's words, GATE_MEMORY_FULL, PEERS_INVALID, ENROLMENT_REFUSED for a pod that it
 * knows no more, GATE_UNREACHABLE for a gate that cannot be understood; the signal's reason when it aborts.
 */
export function recordAtGate({ ask, clock, log }: RecordDeps): RecordSum {
  return async ({ sentBytes, ...sum }, signal) => {
    const request = { ...sum, sentBytes: BigInt(sentBytes) };
    const { refusal } = await retry(() => ask(request, { timeoutMs: CALL_TIMEOUT_MS, signal }), {
      ...{ signal, clock, backoff: BACKOFF, isRetriable },
      onRetry: (error, attempt, delayMs) => log.warn({ code: error.code, attempt, delayMs }, error.message),
    }).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw asAnswer(cause as TributaryError);
    });
    if (refusal !== "") throw new TributaryError("DIFFERENCE_OF_JOBS", refusal);
  };
}

/** A full volume of the gate's is its admin's to empty. */
function isRetriable(error: TributaryError): boolean {
  return error.code !== "GATE_MEMORY_FULL" && isAskedAgain(error);
}

function asAnswer(cause: TributaryError): TributaryError {
  const { code } = cause;
  if (code === "GATE_MEMORY_FULL" || code === "PEERS_INVALID" || code === "ENROLMENT_REFUSED")
    return new TributaryError(code, catalogue[code].publicMessage, { cause });
  return new TributaryError("GATE_UNREACHABLE", "the gate does not say whether this sum may be signed", { cause });
}
