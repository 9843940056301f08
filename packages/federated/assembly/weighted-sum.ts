/**
 * out = Σ weights[i]·inputs[i], the products and the sum in float64 in the order of the inputs, rounded once to float32.
 *
 * Twin: src/kernels/plain-weighted-sum.ts, equal bit for bit.
 *
 * @param inputs float32 rows; row i starts at inputs + i·strideBytes.
 * @param weights float64 values, one for each row.
 * @param count values of a row, a multiple of eight.
 */
export function weightedSum(
  inputs: usize,
  strideBytes: usize,
  rows: i32,
  weights: usize,
  out: usize,
  count: i32,
): void {
  const endOfWeights = weights + (rows << 3);
  for (const end = inputs + (count << 2); inputs < end; inputs += 32, out += 32) {
    let first = f64x2.splat(0);
    let second = f64x2.splat(0);
    let third = f64x2.splat(0);
    let fourth = f64x2.splat(0);
    let row = inputs;
    for (let weight = weights; weight < endOfWeights; weight += 8, row += strideBytes) {
      const factor = v128.load_splat<f64>(weight);
      const low = v128.load(row);
      const high = v128.load(row, 16);
      first = f64x2.add(first, f64x2.mul(f64x2.promote_low_f32x4(low), factor));
      second = f64x2.add(second, f64x2.mul(f64x2.promote_low_f32x4(upper(low)), factor));
      third = f64x2.add(third, f64x2.mul(f64x2.promote_low_f32x4(high), factor));
      fourth = f64x2.add(fourth, f64x2.mul(f64x2.promote_low_f32x4(upper(high)), factor));
    }
    v128.store(out, demoted(first, second));
    v128.store(out, demoted(third, fourth), 16);
  }
}

function upper(lanes: v128): v128 {
  return v128.shuffle<i32>(lanes, lanes, 2, 3, 2, 3);
}

function demoted(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}
