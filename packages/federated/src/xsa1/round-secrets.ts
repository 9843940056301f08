import { concatBytes, u32Bytes, utf8 } from "./bytes.ts";
import { type CryptoSuite, Keystream } from "./crypto-suite.ts";

/** X25519 secrets and self seed of one party in one segment, 32 bytes each. */
export interface SegmentSecrets {
  readonly maskSecret: Uint8Array;
  readonly selfSeed: Uint8Array;
}

/**
 * Secret that opens the shares sealed for this party, derived from its round seed.
 *
 * Everything secret in a round comes from 32 random bytes through HKDF, so that a restarted sidecar sends the same bytes again.
 */
export function shareSecret(crypto: CryptoSuite, seed: Uint8Array, setup: Uint8Array): Uint8Array {
  return crypto.hkdfSha256(seed, setup, utf8("xsa1/secret/share"), 32);
}

/** Mask secret and self seed of a segment, derived from the round seed; independent between segments. */
export function segmentSecrets(
  crypto: CryptoSuite,
  seed: Uint8Array,
  setup: Uint8Array,
  segment: number,
): SegmentSecrets {
  const derive = (label: string) => crypto.hkdfSha256(seed, setup, concatBytes(utf8(label), u32Bytes(segment)), 32);
  return { maskSecret: derive("xsa1/secret/mask"), selfSeed: derive("xsa1/secret/self") };
}

/** Random bytes of the sharing polynomials of a segment, `lengthBytes` of them: a keystream under a key of the round seed. */
export function shareCoefficients(
  crypto: CryptoSuite,
  seed: Uint8Array,
  setup: Uint8Array,
  segment: number,
  lengthBytes: number,
): Uint8Array {
  const key = crypto.hkdfSha256(seed, setup, concatBytes(utf8("xsa1/secret/coefficients"), u32Bytes(segment)), 32);
  return crypto.keystream(Keystream.Aes256Ctr, key, 0, lengthBytes);
}
