import { createHash } from "node:crypto";
import type { gateV1 } from "@tributary/contracts";
import { type Clock, type ErrorCode, isTributaryError, type Logger, TributaryError } from "@tributary/kit";
import { askPatiently, type CallOptions } from "./ask-patiently.ts";

/** A round as a worker received it: what its gate is asked about, byte for byte. */
export type AdmissionQuestion = Pick<
  gateV1.AdmitRequest,
  "setup" | "terms" | "start" | "line" | "attempt" | "signature"
>;

/** Asks the gate whether the worker may take part in a round. */
export type Admit = (question: AdmissionQuestion, patienceMs: number, signal: AbortSignal) => Promise<void>;

/** A worker that no gate can be asked for: its certificate lies in files, or its member's gate only enrols. */
export const admitEverything: Admit = async () => {};

/** What {@link admitByGate} works with. */
export interface AdmissionDeps {
  readonly ask: (question: AdmissionQuestion, options: CallOptions) => Promise<gateV1.AdmitResponse>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a gate that is there says no with; after anything else it has not answered. */
const ANSWERS = ["TERMS_REFUSED", "ENROLMENT_REFUSED", "PEERS_INVALID"] as const satisfies readonly ErrorCode[];

/**
 * Asks the gate about each round before its first task. The very same question, as of a round that is taken up after a broken link, stays
 * answered by its yes while the gate is away; a gate that is there is asked again, since its member may have thought better of it.
 *
 * @returns a function that throws TERMS_REFUSED with the line of the policy, ENROLMENT_REFUSED with what is wrong with the worker's pod,
 *   PEERS_INVALID, or GATE_UNREACHABLE after the caller's patience.
 */
export function admitByGate({ ask, clock, log }: AdmissionDeps): Admit {
  let admitted = "";
  return async (question, patienceMs, signal) => {
    const digest = digestOf(question);
    try {
      const { refusal } = await askPatiently((options) => ask(question, options), { patienceMs, signal, clock, log });
      if (refusal !== "") throw new TributaryError("TERMS_REFUSED", refusal);
      admitted = digest;
    } catch (cause) {
      signal.throwIfAborted();
      const isNo = ANSWERS.some((code) => isTributaryError(cause, code));
      if (!isNo && admitted === digest)
        return log.warn({ line: question.line }, "the gate is away; it admitted this round before");
      admitted = "";
      if (isNo) throw cause;
      const why = "the gate does not say whether this worker may take part";
      throw new TributaryError("GATE_UNREACHABLE", why, { cause });
    }
  };
}

/** One digest for one question: each part goes in as the digest of its bytes. */
function digestOf({ setup, terms, start, line, attempt, signature }: AdmissionQuestion): string {
  const hash = createHash("sha256");
  for (const part of [setup, terms, start, signature]) hash.update(createHash("sha256").update(part).digest());
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(line, 0);
  numbers.writeUInt32BE(attempt, 4);
  return hash.update(numbers).digest("hex");
}
