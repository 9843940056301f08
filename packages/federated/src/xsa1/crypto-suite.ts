/** Stream generators that a round may name in its setup; every party of a round uses the same one. */
export const Keystream = { Aes256Ctr: 0, ChaCha20: 1 } as const;
/** One of the values of {@link Keystream}. */
export type Keystream = (typeof Keystream)[keyof typeof Keystream];

/**
 * The cryptography XSA1 asks for: synchronous, stateless, every key and output as raw bytes.
 *
 * Implementations reject nothing silently: a failed check is `null` or `false`, a wrong length throws.
 */
export interface CryptoSuite {
  /** SHA-256 (FIPS 180-4) of the parts, one after the other; 32 bytes. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array;
  /** HKDF-SHA256 (RFC 5869), extract then expand; `lengthBytes` bytes. */
  hkdfSha256(inputKey: Uint8Array, salt: Uint8Array, info: Uint8Array, lengthBytes: number): Uint8Array;
  /** X25519 public key of a 32-byte secret key (RFC 7748 §6.1). */
  x25519PublicKey(secretKey: Uint8Array): Uint8Array;
  /** X25519 shared secret, 32 bytes; `null` when it is all zero, which is what a low-order point gives (RFC 7748 §6.1). */
  x25519(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array | null;
  /**
   * `lengthBytes` bytes of keystream from byte `offsetBytes` on.
   *
   * AES-256-CTR: counter block zero at offset 0, 128-bit big-endian increments (NIST SP 800-38A §6.5). ChaCha20: counter and nonce
   * zero at offset 0 (RFC 8439 §2.4).
   */
  keystream(kind: Keystream, key: Uint8Array, offsetBytes: number, lengthBytes: number): Uint8Array;
  /** AES-256-GCM (NIST SP 800-38D): ciphertext followed by its 16-byte tag. */
  sealAes256Gcm(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The plaintext of {@link sealAes256Gcm}, or `null` when the tag does not fit. */
  openAes256Gcm(key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | null;
  /** Ed25519 public key of a 32-byte seed (RFC 8032 §5.1.5). */
  ed25519PublicKey(secretKey: Uint8Array): Uint8Array;
  /** Ed25519 signature, 64 bytes (RFC 8032 §5.1.6); `secretKey` is the 32-byte seed. */
  signEd25519(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
  /** True when `signature` is the Ed25519 signature of `message`; false also for malformed keys and signatures. */
  verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** Bytes nobody can predict; in tests, bytes of a named seed. */
  randomBytes(lengthBytes: number): Uint8Array;
}
