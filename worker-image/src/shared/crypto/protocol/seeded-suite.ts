import { type CryptoSuite, Keystream } from "@tributary/federated";
import { createNodeCryptoSuite } from "../node-crypto-suite.ts";

/** The node suite with random bytes that follow from a seed, so that a failing run can be played again. For tests only. */
export function createSeededSuite(seed: string): CryptoSuite {
  const suite = createNodeCryptoSuite();
  const key = suite.sha256(new TextEncoder().encode(seed));
  let offset = 0;
  return {
    ...suite,
    randomBytes(lengthBytes) {
      offset += lengthBytes;
      return suite.keystream(Keystream.Aes256Ctr, key, offset - lengthBytes, lengthBytes).slice();
    },
  };
}
