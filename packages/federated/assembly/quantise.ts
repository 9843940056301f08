/**
 * Stochastic rounding of float32 to a power-of-two grid, four values at a time.
 *
 * Twin: src/encoding/quantiser.ts, error-feedback.ts and squared-norm.ts; every result is equal bit for bit.
 */

import { hold } from "./hold";

/** Returned by quantise instead of a count when a value is NaN or infinite. */
const NON_FINITE: i32 = -1;

/**
 * q = clamp(floor(x/step) + (u < fraction)) for `count` values, a multiple of eight.
 *
 * @param x float32 values; read at x + 4i.
 * @param rounding unsigned 16-bit draws; read at rounding + 2i.
 * @param out int32 values; written at out + 4i.
 * @param residual float32 values added to x and replaced by what rounding left over; 0 for none.
 * @param squares eight float64 running sums of squares; 0 for none.
 * @param scratch 48 bytes for constants.
 * @returns the number of clamped values, or -1 when an input is not finite.
 */
export function quantise(
  x: usize,
  rounding: usize,
  out: usize,
  residual: usize,
  squares: usize,
  count: i32,
  perStep: f32,
  step: f32,
  limit: f32,
  scratch: usize,
): i32 {
  const draws = hold(f32x4.splat(65536), scratch);
  const half = hold(f32x4.splat(0.5), scratch + 16);
  const one = hold(f32x4.splat(1), scratch + 32);
  const scale = f32x4.splat(perStep);
  const steps = f32x4.splat(step);
  const top = f32x4.splat(limit);
  const bottom = f32x4.splat(-limit);
  let clamped = i32x4.splat(0);
  let bad = i32x4.splat(0);
  for (let i: usize = 0; i < <usize>count; i += 4) {
    let value = v128.load(x + (i << 2));
    if (residual !== 0) value = f32x4.add(value, v128.load(residual + (i << 2)));
    bad = v128.or(bad, f32x4.ne(f32x4.sub(value, value), f32x4.splat(0)));
    if (squares !== 0) addSquares(value, squares + ((i & 4) << 3));
    const scaled = f32x4.mul(value, scale);
    const floor = f32x4.floor(scaled);
    const fraction = f32x4.mul(f32x4.sub(scaled, floor), draws);
    const draw = f32x4.add(f32x4.convert_i32x4_s(v128.load_ext<u16>(rounding + (i << 1))), half);
    const rounded = f32x4.add(floor, v128.and(f32x4.lt(draw, fraction), one));
    const kept = f32x4.pmax(f32x4.pmin(rounded, top), bottom);
    clamped = i32x4.sub(clamped, f32x4.ne(kept, rounded));
    v128.store(out + (i << 2), i32x4.trunc_sat_f32x4_s(kept));
    if (residual !== 0) v128.store(residual + (i << 2), f32x4.sub(value, f32x4.mul(kept, steps)));
  }
  if (v128.any_true(bad)) return NON_FINITE;
  return (
    i32x4.extract_lane(clamped, 0) +
    i32x4.extract_lane(clamped, 1) +
    i32x4.extract_lane(clamped, 2) +
    i32x4.extract_lane(clamped, 3)
  );
}

/** Adds the squares of four values to the four running sums at `sums`. */
function addSquares(value: v128, sums: usize): void {
  const low = f64x2.promote_low_f32x4(value);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(value, value, 2, 3, 2, 3));
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.mul(low, low)));
  v128.store(sums + 16, f64x2.add(v128.load(sums + 16), f64x2.mul(high, high)));
}

/** out = q·scale for `count` values, a multiple of four: int32 at q, float32 at out, computed in float64. */
export function dequantise(q: usize, out: usize, count: i32, scale: f64): void {
  const scales = f64x2.splat(scale);
  for (let i: usize = 0; i < <usize>count; i += 4) {
    const values = v128.load(q + (i << 2));
    const low = f64x2.mul(f64x2.convert_low_i32x4_s(values), scales);
    const high = f64x2.mul(f64x2.convert_low_i32x4_s(v128.shuffle<i32>(values, values, 2, 3, 2, 3)), scales);
    const joined = v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
    v128.store(out + (i << 2), joined);
  }
}
