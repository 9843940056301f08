const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** The float32 that an IEEE 754 binary16 bit pattern stands for; exact, subnormals, infinities and NaN included. */
export function float16ToFloat32(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The binary16 bit pattern nearest to a float32, ties to even; what is too large becomes infinite. */
export function float32ToFloat16(value: number): number {
  float[0] = value;
  const bits = word[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fff_ffff;
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  if (magnitude >= 0x4780_0000) return sign | 0x7c00;
  // Below 2^-14 the result is subnormal: adding ½ lets the float32 adder round at the place of 2^-24.
  if (magnitude < 0x3880_0000) {
    float[0] = Math.abs(value) + 0.5;
    return sign | (word[0]! - 0x3f00_0000);
  }
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x3800_0000 + 0xfff + odd) >>> 13);
}

/** The float32 that a bfloat16 bit pattern stands for: its upper half. */
export function bfloat16ToFloat32(bits: number): number {
  word[0] = bits << 16;
  return float[0]!;
}

/** The bfloat16 bit pattern nearest to a float32, ties to even; NaN stays NaN. */
export function float32ToBfloat16(value: number): number {
  float[0] = value;
  const bits = word[0]!;
  if ((bits & 0x7fff_ffff) > 0x7f80_0000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}
