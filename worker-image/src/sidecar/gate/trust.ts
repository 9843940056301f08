import { type CryptoSuite, equalBytes } from "@tributary/federated";
import { type Clock, isTributaryError, type Logger, TributaryError } from "@tributary/kit";
import { askPatiently, type CallOptions, isAskedAgain } from "./ask-patiently.ts";
import type { AttestedChain } from "./attestation.ts";
import { type MemberTrust, type OwnWorker, type SignedStatement, verifyTrust } from "./verify-trust.ts";

/** Says whom the worker's member trusts, and what it allows. */
export type TrustOf = (patienceMs: number, signal: AbortSignal) => Promise<MemberTrust>;

/** What {@link trustOfGate} works with. */
export interface TrustDeps {
  readonly ask: (options: CallOptions) => Promise<SignedStatement>;
  readonly crypto: Pick<CryptoSuite, "verifyEd25519">;
  readonly own: Omit<OwnWorker, "chain">;
  readonly attestation: {
    /** The worker's own chain, while there is one. */
    readonly chain: AttestedChain | undefined;
    /** Has another one made: the present one's identity key was replaced. */
    hurry(): void;
  };
  readonly clock: Clock;
  readonly log: Logger;
}

/** Longest time for which an answer counts: rounds may take a fraction of a second, and what an admin changes is in force after it. */
const LASTS_MS = 120_000;

interface Answer {
  readonly trust: MemberTrust;
  /** Certificate of the CA under which it was verified. */
  readonly ca: Uint8Array;
  readonly untilMs: number;
}

/**
 * Asks the gate for the member's trust. An answer counts for two minutes, under the same certificate of the CA: the identity key that was
 * verified is the one which issued it.
 *
 * @returns a function that throws PEERS_INVALID for trust that does not count, GATE_UNREACHABLE after the caller's patience.
 */
export function trustOfGate(deps: TrustDeps): TrustOf {
  const { ask, crypto, own, attestation, clock, log } = deps;
  let last: Answer | undefined;
  const verified = async (options: CallOptions): Promise<Answer> => {
    const { chain } = attestation;
    const ca = chain?.[1];
    if (chain === undefined || ca === undefined)
      throw new TributaryError("GATE_UNREACHABLE", "this worker has no chain by which other members know it");
    if (last !== undefined && equalBytes(last.ca, ca) && clock.monotonicMs() < last.untilMs) return last;
    const untilMs = clock.monotonicMs() + LASTS_MS;
    return { trust: verifyTrust(crypto, await ask(options), { ...own, chain }), ca, untilMs };
  };
  const again = async (options: CallOptions): Promise<Answer> => {
    try {
      return await verified(options);
    } catch (cause) {
      if (isTributaryError(cause, "IDENTITY_REJECTED")) attestation.hurry();
      throw cause;
    }
  };
  return async (patienceMs, signal) => {
    try {
      last = await askPatiently(again, {
        patienceMs,
        signal,
        clock,
        log,
        isRetriable: isAskedAgain,
      });
      return last.trust;
    } catch (cause) {
      signal.throwIfAborted();
      last = undefined;
      if (isTributaryError(cause, "PEERS_INVALID")) throw cause;
      throw new TributaryError("GATE_UNREACHABLE", "the gate does not say whom this worker's member trusts", { cause });
    }
  };
}
