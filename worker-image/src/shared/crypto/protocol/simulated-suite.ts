import type { CryptoSuite } from "@tributary/federated";
import { createSeededSuite } from "./seeded-suite.ts";

/**
 * A suite whose signatures, key agreement and key derivation are SIMULATED with SHA-256: anybody who knows a public key can forge the first
 * two. The algebra is that of the real ones and it is a hundred times faster, for property tests that play thousands of rounds.
 */
export function createSimulatedSuite(seed: string): CryptoSuite {
  const suite = createSeededSuite(seed);
  const publicKey = (secretKey: Uint8Array) => suite.sha256(secretKey);
  const sign = (key: Uint8Array, message: Uint8Array) => {
    const half = suite.sha256(key, message);
    return Uint8Array.of(...half, ...suite.sha256(half));
  };
  return {
    ...suite,
    // Every key of the protocol has 32 bytes, the length of a digest.
    hkdfSha256: (inputKey, salt, info) => suite.sha256(salt, inputKey, info),
    x25519PublicKey: publicKey,
    x25519(secretKey, other) {
      const own = publicKey(secretKey);
      const isLower = Buffer.compare(own, other) < 0;
      return isLower ? suite.sha256(own, other) : suite.sha256(other, own);
    },
    ed25519PublicKey: publicKey,
    signEd25519: (secretKey, message) => sign(publicKey(secretKey), message),
    verifyEd25519: (key, message, signature) => Buffer.compare(sign(key, message), signature) === 0,
  };
}
