import { requireArgument } from "../errors.ts";

/** Discrete Fourier transforms of one size, in place on split real and imaginary parts. */
export interface FourierTransform {
  readonly size: number;
  /** `X_k = Σ x_n exp(-2 pi i k n / size)`. */
  readonly forward: (real: Float64Array, imaginary: Float64Array) => void;
  /** The inverse of `forward`, divided by the size. */
  readonly inverse: (real: Float64Array, imaginary: Float64Array) => void;
}

/**
 * Prepares transforms of a power of two (Cooley and Tukey, radix 2). Each root of unity is computed directly, so the
 * rounding error grows with log(size) only.
 *
 * @throws ArgumentError unless size is a power of two from 2 to 2^24.
 */
export function createFourierTransform(size: number): FourierTransform {
  const isPower = Number.isInteger(Math.log2(size)) && size >= 2 && size <= 2 ** 24;
  requireArgument(isPower, "size", size, "a power of two from 2 to 2^24");
  const cosines = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
  const sines = Float64Array.from({ length: size / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / size));
  const forward = (real: Float64Array, imaginary: Float64Array) => {
    requireArgument(real.length === size, "real.length", real.length, `${size}`);
    requireArgument(imaginary.length === size, "imaginary.length", imaginary.length, `${size}`);
    reverseBits(real, imaginary);
    for (let half = 1; half < size; half *= 2) combine(real, imaginary, half, cosines, sines);
  };
  const inverse = (real: Float64Array, imaginary: Float64Array) => {
    forward(imaginary, real);
    for (let i = 0; i < size; i++) {
      real[i] = real[i]! / size;
      imaginary[i] = imaginary[i]! / size;
    }
  };
  return { size, forward, inverse };
}

function combine(re: Float64Array, im: Float64Array, half: number, cosines: Float64Array, sines: Float64Array): void {
  const stride = re.length / (2 * half);
  for (let start = 0; start < re.length; start += 2 * half) {
    for (let k = 0; k < half; k++) {
      const [low, high] = [start + k, start + k + half];
      const cosine = cosines[k * stride]!;
      const sine = sines[k * stride]!;
      const turnedRe = re[high]! * cosine + im[high]! * sine;
      const turnedIm = im[high]! * cosine - re[high]! * sine;
      re[high] = re[low]! - turnedRe;
      im[high] = im[low]! - turnedIm;
      re[low] = re[low]! + turnedRe;
      im[low] = im[low]! + turnedIm;
    }
  }
}

function reverseBits(re: Float64Array, im: Float64Array): void {
  let mirrored = 0;
  for (let i = 1; i < re.length; i++) {
    let bit = re.length >> 1;
    for (; mirrored & bit; bit >>= 1) mirrored ^= bit;
    mirrored ^= bit;
    if (i < mirrored) {
      [re[i], re[mirrored]] = [re[mirrored]!, re[i]!];
      [im[i], im[mirrored]] = [im[mirrored]!, im[i]!];
    }
  }
}
