import { type CryptoSuite, toHex } from "@tributary/federated";
import { createSeededSuite } from "./seeded-suite.ts";

const KEPT_BYTES = 256;
const TAG_BYTES = 16;

/**
 * A suite whose signatures, key agreement, key derivation and sealing are SIMULATED with SHA-256: anybody who knows a public key can
 * forge the first two. The algebra is that of the real ones and it is a hundred times faster, for property tests that play thousands of rounds.
 * Keystreams are real; the start of each is kept, since making a cipher takes longer than all that is drawn from it.
 */
export function createSimulatedSuite(seed: string): CryptoSuite {
  const suite = createSeededSuite(seed);
  const kept = new Map<string, Uint8Array>();
  const publicKey = (secretKey: Uint8Array) => suite.sha256(secretKey);
  const sign = (key: Uint8Array, message: Uint8Array) => {
    const half = suite.sha256(key, message);
    return Uint8Array.of(...half, ...suite.sha256(half));
  };
  return {
    ...suite,
    keystream(kind, key, offsetBytes, lengthBytes) {
      if (offsetBytes + lengthBytes > KEPT_BYTES) return suite.keystream(kind, key, offsetBytes, lengthBytes);
      const name = `${kind}/${toHex(key)}`;
      const start = kept.get(name) ?? suite.keystream(kind, key, 0, KEPT_BYTES);
      kept.set(name, start);
      return start.slice(offsetBytes, offsetBytes + lengthBytes);
    },
    sealAes256Gcm(key, nonce, additional, plaintext) {
      const sealed = exclusiveOr(plaintext, suite.sha256, key);
      return Uint8Array.of(...sealed, ...suite.sha256(key, nonce, additional, sealed).subarray(0, TAG_BYTES));
    },
    openAes256Gcm(key, nonce, additional, bytes) {
      const sealed = bytes.subarray(0, Math.max(0, bytes.length - TAG_BYTES));
      const tag = suite.sha256(key, nonce, additional, sealed).subarray(0, TAG_BYTES);
      return Buffer.compare(tag, bytes.subarray(sealed.length)) === 0 ? exclusiveOr(sealed, suite.sha256, key) : null;
    },
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

/** The bytes with SHA-256(key ‖ block) over each block of 32 of them. */
function exclusiveOr(bytes: Uint8Array, sha256: CryptoSuite["sha256"], key: Uint8Array): Uint8Array {
  const out = Uint8Array.from(bytes);
  for (let start = 0; start < out.length; start += 32) {
    sha256(key, Uint8Array.of(start / 32)).forEach((byte, i) => {
      if (start + i < out.length) out[start + i]! ^= byte;
    });
  }
  return out;
}
