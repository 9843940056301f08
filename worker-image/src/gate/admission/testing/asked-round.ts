import { createNodeCryptoSuite } from "../../../shared/crypto/node-crypto-suite.ts";
import type { SpokenRound } from "../../../shared/terms/testing/honest-round.ts";
import type { AdmitBytes, EnrolledCaller } from "../read-round.ts";

/** The worker that sits on seat 1 of an honest round, as its certificate names it. */
export const caller: EnrolledCaller = {
  identity: { cluster: "clinic", namespace: "tributary-jobs", jobUid: "job", participant: "p0", workerIndex: 0 },
  podUid: "pod-1",
  publicKey: createNodeCryptoSuite().ed25519PublicKey(new Uint8Array(32).fill(1)),
};

/** The question about a round, from the messages in which it came. */
export function askAbout({ opened, started, setup }: SpokenRound): AdmitBytes {
  const { setup: bytes, terms, line } = opened;
  return { setup: bytes, terms, start: started.start, line, attempt: setup.attempt, signature: started.signature };
}
