import { requireInteger } from "../errors.ts";
import { concatBytes, u32Bytes, utf8 } from "./bytes.ts";
import type { CryptoSuite, Keystream } from "./crypto-suite.ts";

/** One mask: keystream `key` is added to a vector (`sign` 1) or subtracted from it (-1). */
export interface MaskKey {
  readonly keystream: Keystream;
  /** 32 bytes; a secret until the segment is opened. */
  readonly key: Uint8Array;
  readonly sign: 1 | -1;
}

/** Bytes of a party id inside key derivation: 4 in every round; 2 only reproduces vectors made before ids were u32. */
export type IdSizeBytes = 2 | 4;

/**
 * Key of the mask that two parties share in a segment: HKDF(X25519 shared secret, plan_digest, "xsa1/pair" ‖ u32 s ‖ min id ‖ max id).
 *
 * Bonawitz et al. 2017 §4 with the model digest in the salt (against Pasquini et al. 2021, arXiv 2111.07380). 32 bytes.
 */
export function derivePairKey(
  crypto: CryptoSuite,
  plan: Uint8Array,
  shared: Uint8Array,
  segment: number,
  parties: readonly [number, number],
  idSizeBytes: IdSizeBytes = 4,
): Uint8Array {
  const ids = [Math.min(...parties), Math.max(...parties)].map((id) => idBytes(id, idSizeBytes));
  return crypto.hkdfSha256(shared, plan, concatBytes(utf8("xsa1/pair"), u32Bytes(segment), ...ids), 32);
}

/** Key of a party's own mask in a segment: HKDF(b_i,s, plan_digest, "xsa1/self" ‖ u32 s ‖ id). 32 bytes. */
export function deriveSelfKey(
  crypto: CryptoSuite,
  plan: Uint8Array,
  selfSeed: Uint8Array,
  segment: number,
  party: number,
  idSizeBytes: IdSizeBytes = 4,
): Uint8Array {
  const info = concatBytes(utf8("xsa1/self"), u32Bytes(segment), idBytes(party, idSizeBytes));
  return crypto.hkdfSha256(selfSeed, plan, info, 32);
}

/** Key that seals the shares of `sender` for `receiver`: HKDF(X25519 shared secret, setup_digest, "xsa1/share" ‖ sender ‖ receiver). */
export function deriveShareKey(
  crypto: CryptoSuite,
  setup: Uint8Array,
  shared: Uint8Array,
  sender: number,
  receiver: number,
): Uint8Array {
  return crypto.hkdfSha256(shared, setup, concatBytes(utf8("xsa1/share"), u32Bytes(sender), u32Bytes(receiver)), 32);
}

/** The sign with which `party` uses the mask it shares with `neighbour`: the lower id adds, the higher subtracts. */
export function pairSign(party: number, neighbour: number): 1 | -1 {
  return neighbour > party ? 1 : -1;
}

/** Commitment of a party to its self seed: SHA256("xsa1/b" ‖ setup_digest ‖ u32 i ‖ u32 s ‖ b_i,s). */
export function commitSelfSeed(
  crypto: CryptoSuite,
  setup: Uint8Array,
  party: number,
  segment: number,
  selfSeed: Uint8Array,
): Uint8Array {
  return crypto.sha256(utf8("xsa1/b"), setup, u32Bytes(party), u32Bytes(segment), selfSeed);
}

function idBytes(id: number, sizeBytes: IdSizeBytes): Uint8Array {
  requireInteger("id", id, 0, sizeBytes === 2 ? 0xffff : 0xffff_ffff);
  return u32Bytes(id).slice(4 - sizeBytes);
}
