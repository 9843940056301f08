import {
  type CryptoSuite,
  derivePairKey,
  deriveSelfKey,
  Keystream,
  type MaskKey,
  nextPowerOfTwo,
  pairSign,
} from "@tributary/federated";

const SEGMENT = 0;

/** Standard deviation of the updates in every case, ours and the peers'. */
export const UPDATE_DEVIATION = 0.05;

/** The secrets and public key that one party has for one segment. */
export interface PartyKeys {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly selfSeed: Uint8Array;
}

/** Fixed keys of a party: benchmarks are repeatable, and what keys hold does not change their cost. */
export function partyKeys(crypto: CryptoSuite, party: number): PartyKeys {
  const secretKey = crypto.sha256(Uint8Array.of(1, party));
  return { secretKey, publicKey: crypto.x25519PublicKey(secretKey), selfSeed: crypto.sha256(Uint8Array.of(2, party)) };
}

/** A digest in the place of the round plan's. */
export function planDigestOf(crypto: CryptoSuite): Uint8Array {
  return crypto.sha256(new TextEncoder().encode("data-plane benchmark"));
}

/** The mask that `own` shares with party `other`: key agreement and derivation as in a round. */
export function pairMask(
  crypto: CryptoSuite,
  plan: Uint8Array,
  own: { readonly party: number; readonly secretKey: Uint8Array },
  other: { readonly party: number; readonly publicKey: Uint8Array },
): MaskKey {
  const shared = crypto.x25519(own.secretKey, other.publicKey);
  if (shared === null) throw new Error("a benchmark key is of low order");
  const key = derivePairKey(crypto, plan, shared, SEGMENT, [own.party, other.party]);
  return { keystream: Keystream.Aes256Ctr, key, sign: pairSign(own.party, other.party) };
}

/** The mask that a party adds alone. */
export function selfMask(crypto: CryptoSuite, plan: Uint8Array, party: number, selfSeed: Uint8Array): MaskKey {
  return { keystream: Keystream.Aes256Ctr, key: deriveSelfKey(crypto, plan, selfSeed, SEGMENT, party), sign: 1 };
}

/** The same mask the other way: what adds it takes it out. */
export function inverse(mask: MaskKey): MaskKey {
  return { ...mask, sign: mask.sign === 1 ? -1 : 1 };
}

/** The step that the step rule gives for updates of {@link UPDATE_DEVIATION}. */
export function stepFor(valueBits: number): number {
  return nextPowerOfTwo((16 * UPDATE_DEVIATION) / 2 ** (valueBits - 1));
}

/** An update of normally distributed values (to the fourth moment: a sum of twelve uniform ones), the same for a seed. */
export function syntheticUpdate(values: number, seed: number): Float32Array<SharedArrayBuffer> {
  const x = new Float32Array(new SharedArrayBuffer(4 * values));
  let state = (seed | 0) ^ 0x9e37_79b9;
  for (let i = 0; i < values; i++) {
    let sum = -6;
    for (let k = 0; k < 12; k++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      sum += (state >>> 8) / 2 ** 24;
    }
    x[i] = sum * UPDATE_DEVIATION;
  }
  return x;
}
