import { requireArgument } from "../errors.ts";
import { GROUP_VALUES, packedSizeBytes, type RingBits, toSigned } from "./ring.ts";

/**
 * Packs ring elements into a little-endian bit stream: value i takes the bits [i·b, (i+1)·b), least significant first.
 *
 * Groups of eight values fill exactly b bytes, so a chunk that starts at a multiple of eight values packs to the same bytes
 * as the whole vector at that place. The last group is completed with zero values.
 *
 * @param values residues mod 2^b in any representation: only the low b bits count.
 * @param out receives `packedSizeBytes(values.length, bits)` bytes; made when left out.
 * @throws ArgumentError when `out` has another length.
 */
export function packRing(values: Int32Array | Uint32Array, bits: RingBits, out?: Uint8Array): Uint8Array {
  const sizeBytes = packedSizeBytes(values.length, bits);
  const packed = out ?? new Uint8Array(sizeBytes);
  requireArgument(packed.length === sizeBytes, "out", packed, `${sizeBytes} bytes for ${values.length} values`);
  const paddedLength = Math.ceil(values.length / GROUP_VALUES) * GROUP_VALUES;
  const mask = maskOf(bits);
  let pending = 0;
  let pendingBits = 0;
  let position = 0;
  for (let i = 0; i < paddedLength; i++) {
    // Multiplication, not a shift: pending and value together take up to 39 bits.
    pending += (((values[i] ?? 0) & mask) >>> 0) * 2 ** pendingBits;
    pendingBits += bits;
    while (pendingBits >= 8) {
      packed[position++] = pending % 256;
      pending = Math.floor(pending / 256);
      pendingBits -= 8;
    }
  }
  return packed;
}

/**
 * Unpacks `out.length` ring elements as signed integers; the inverse of {@link packRing} for values in range.
 *
 * @throws ArgumentError when `packed` is not exactly `packedSizeBytes(out.length, bits)` bytes.
 */
export function unpackRing(packed: Uint8Array, bits: RingBits, out: Int32Array): Int32Array {
  const sizeBytes = packedSizeBytes(out.length, bits);
  requireArgument(packed.length === sizeBytes, "packed", packed, `${sizeBytes} bytes for ${out.length} values`);
  const modulus = 2 ** bits;
  let pending = 0;
  let pendingBits = 0;
  let position = 0;
  for (let i = 0; i < out.length; i++) {
    while (pendingBits < bits) {
      pending += packed[position++]! * 2 ** pendingBits;
      pendingBits += 8;
    }
    out[i] = toSigned(pending % modulus, bits);
    pending = Math.floor(pending / modulus);
    pendingBits -= bits;
  }
  return out;
}

/** The low b bits set, as an unsigned or (b = 32) all-ones int32. */
export function maskOf(bits: RingBits): number {
  return bits === 32 ? -1 : 2 ** bits - 1;
}
