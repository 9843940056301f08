import { requireArgument } from "../errors.ts";

/**
 * Adds what quantising left over in earlier rounds: `out = x + residual`, the vector to clip and quantise.
 *
 * Error feedback as in Karimireddy et al., "Error Feedback Fixes SignSGD" (2019), §3; it stays at the party.
 *
 * @param out may be `x` itself.
 * @throws ArgumentError when the lengths differ.
 */
export function addResidual(x: Float32Array, residual: Float32Array, out: Float32Array): Float32Array {
  requireArgument(residual.length === x.length, "residual", residual, `${x.length} values like x`);
  requireArgument(out.length === x.length, "out", out, `${x.length} values like x`);
  for (let i = 0; i < x.length; i++) out[i] = x[i]! + residual[i]!;
  return out;
}

/**
 * What quantising leaves over: `out = input - step·q`, input the vector that was quantised (update plus last residual).
 *
 * @param out may be `input` itself.
 * @throws ArgumentError when the lengths differ.
 */
export function residualOf(input: Float32Array, q: Int32Array, step: number, out: Float32Array): Float32Array {
  requireArgument(q.length === input.length, "q", q, `${input.length} values like the input`);
  requireArgument(out.length === input.length, "out", out, `${input.length} values like the input`);
  for (let i = 0; i < input.length; i++) out[i] = input[i]! - q[i]! * step;
  return out;
}

/**
 * The residual to carry on once a segment's survivors are known: the pending one when the party is among them, else the last.
 *
 * A report that entered no sum must not be taken for delivered.
 *
 * @param survivors bitmap, party `rank` is bit `rank % 8` of byte `rank >> 3`.
 */
export function settleResidual<T>(last: T, pending: T, survivors: Uint8Array, rank: number): T {
  return holdsParty(survivors, rank) ? pending : last;
}

/** True when the bitmap has the party's bit: bit `rank % 8` (least significant first) of byte `rank >> 3`; ArgumentError for no rank. */
export function holdsParty(bitmap: Uint8Array, rank: number): boolean {
  requireArgument(Number.isSafeInteger(rank) && rank >= 0, "rank", rank, "an integer >= 0");
  return (((bitmap[Math.floor(rank / 8)] ?? 0) >> (rank % 8)) & 1) === 1;
}
