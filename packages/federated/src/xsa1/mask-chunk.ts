import { type RingBits, requireRingBits } from "../encoding/ring.ts";
import { accumulatePacked, type Sign } from "../encoding/ring-arithmetic.ts";
import { requireArgument, requireInteger } from "../errors.ts";
import type { CryptoSuite } from "./crypto-suite.ts";
import type { MaskKey } from "./derive-keys.ts";

/** Adds one packed vector to another in place, element by element mod 2^b; `accumulatePacked` or a faster twin. */
export type AccumulatePacked = (sum: Uint8Array, addend: Uint8Array, bits: RingBits, sign: Sign) => unknown;

/** A contiguous piece of a packed segment. */
export interface PackedChunk {
  /** Whole groups of eight values, changed in place. */
  readonly bytes: Uint8Array;
  /** Where it starts in the packed segment, a multiple of `ringBits`. */
  readonly offsetBytes: number;
  readonly ringBits: number;
}

/**
 * Adds masks to a piece of a packed segment, in place: the keys of an `upload` effect mask it, those of a `remove` effect unmask a sum.
 *
 * Any split of a segment gives the same bytes: mask element m is the b bits at place m of the keystream (spec: data plane §2.3). Fastest
 * with pieces of 64 to 256 KiB.
 *
 * @throws ArgumentError for a piece that does not start or end between groups.
 */
export function maskChunk(
  crypto: Pick<CryptoSuite, "keystream">,
  { bytes, offsetBytes, ringBits }: PackedChunk,
  keys: readonly MaskKey[],
  accumulate: AccumulatePacked = accumulatePacked,
): Uint8Array {
  const bits = requireRingBits(ringBits);
  requireInteger("offsetBytes", offsetBytes, 0, Number.MAX_SAFE_INTEGER);
  requireArgument(offsetBytes % bits === 0, "offsetBytes", offsetBytes, `a multiple of ${bits}`);
  requireArgument(bytes.length % bits === 0, "bytes.length", bytes.length, `a multiple of ${bits}`);
  for (const { keystream, key, sign } of keys) {
    accumulate(bytes, crypto.keystream(keystream, key, offsetBytes, bytes.length), bits, sign);
  }
  return bytes;
}
