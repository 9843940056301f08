import { type CryptoSuite, Keystream } from "@tributary/federated";
import { createNodeCryptoSuite } from "../node-crypto-suite.ts";

/** Drawn ahead: making a cipher takes longer than what most calls draw. */
const POOL_BYTES = 4096;

/** The node suite with random bytes that follow from a seed, so that a failing run can be played again. For tests only. */
export function createSeededSuite(seed: string): CryptoSuite {
  const suite = createNodeCryptoSuite();
  const key = suite.sha256(new TextEncoder().encode(seed));
  let offset = 0;
  let pool = new Uint8Array(0);
  return {
    ...suite,
    randomBytes(lengthBytes) {
      if (lengthBytes > pool.length) {
        pool = Uint8Array.from(suite.keystream(Keystream.Aes256Ctr, key, offset, lengthBytes + POOL_BYTES));
      }
      const bytes = pool.slice(0, lengthBytes);
      pool = pool.subarray(lengthBytes);
      offset += lengthBytes;
      return bytes;
    },
  };
}
