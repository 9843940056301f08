import { ArgumentError, requireArgument, requireInteger } from "../errors.ts";
import { largestValue, VALUE_BITS } from "./ring.ts";
import { requireStep } from "./step.ts";

/** Random bytes that stochastic rounding takes for one value: an unsigned 16-bit integer, little-endian. */
export const ROUNDING_BYTES = 2;

/** Grid of a segment, the same for every party: power-of-two step and bits of one signed value. */
export interface Grid {
  readonly step: number;
  readonly valueBits: number;
}

/** Refuses a grid whose step or value bits are out of range; throws ArgumentError. */
export function requireGrid(grid: Grid): void {
  requireStep(grid.step);
  requireInteger("valueBits", grid.valueBits, VALUE_BITS.min, VALUE_BITS.max);
}

/** Refuses buffers that do not fit `x`: `rounding` has two bytes and `out` one value for each of x. Throws ArgumentError. */
export function requireQuantiseBuffers(x: Float32Array, rounding: Uint8Array, out: Int32Array): void {
  const sizeBytes = ROUNDING_BYTES * x.length;
  requireArgument(rounding.length === sizeBytes, "rounding", rounding, `${sizeBytes} bytes, two for each value`);
  requireArgument(out.length === x.length, "out", out, `${x.length} values like x`);
}

/**
 * Quantises to the grid with stochastic rounding: `q = floor(x/step)`, one more where `u < x/step - floor(x/step)`, clamped to
 * ±(2^(v-1)-1) after rounding.
 *
 * u = (r + ½)/2^16, r the value's two bytes of the seeded stream, so E[q·step] = x up to 2^-17 of a step and integers of the
 * grid stay themselves. A small draw rounds up: `floor(x/step + u)` has the same chances and gives other bytes. Arithmetic is
 * float32, which the SIMD kernel repeats bit for bit. A chunk takes its own part of the stream (two bytes a value), so chunks
 * give what the whole vector gives. spec: corrections D13.
 *
 * @returns how many values had to be clamped.
 * @throws ArgumentError naming the first value that is NaN or infinite, a bad grid or a wrong length.
 */
export function quantise(x: Float32Array, grid: Grid, rounding: Uint8Array, out: Int32Array): number {
  requireGrid(grid);
  requireQuantiseBuffers(x, rounding, out);
  const perStep = 1 / grid.step;
  const limit = largestValue(grid.valueBits);
  let saturated = 0;
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    if (!Number.isFinite(value)) throw nonFiniteValue(x);
    const scaled = Math.fround(value * perStep);
    const floor = Math.floor(scaled);
    const fraction = Math.fround(scaled - floor) * 65_536;
    const draw = (rounding[2 * i]! | (rounding[2 * i + 1]! << 8)) + 0.5;
    const rounded = draw < fraction ? floor + 1 : floor;
    const clamped = Math.max(-limit, Math.min(limit, rounded));
    if (clamped !== rounded) saturated++;
    out[i] = clamped;
  }
  return saturated;
}

/** The error for the first NaN or infinity in `x`, whose first value is called `x[first]`; for callers that know there is one. */
export function nonFiniteValue(x: Float32Array, first = 0): ArgumentError {
  const index = x.findIndex((value) => !Number.isFinite(value));
  return new ArgumentError(`x[${first + index}]`, x[index], "finite");
}

/**
 * Turns summed grid values back into numbers: `q·scale`, computed in double and rounded once to float32.
 *
 * @param scale step for a sum, step/n for a uniform mean, step/Σw for a weighted one.
 * @throws ArgumentError when scale is not positive and finite or the lengths differ.
 */
export function dequantise(q: Int32Array, scale: number, out: Float32Array): Float32Array {
  requireScale(scale);
  requireArgument(out.length === q.length, "out", out, `${q.length} values like q`);
  for (let i = 0; i < q.length; i++) out[i] = q[i]! * scale;
  return out;
}

/** Refuses a scale that is not positive and finite; throws ArgumentError. */
export function requireScale(scale: number): void {
  requireArgument(scale > 0 && Number.isFinite(scale), "scale", scale, "> 0 and finite");
}
