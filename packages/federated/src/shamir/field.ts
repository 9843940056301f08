/**
 * A binary field in which Shamir shares are computed, on vectors of elements packed into 32-bit words.
 *
 * Secret values only pass through {@link BinaryField.multiplyVector}, whose time does not depend on them; the scalar is a public point.
 */
export interface BinaryField {
  /** Most holders: points are 1 to this. */
  readonly maxHolders: number;
  /** The product of two elements, both public. */
  multiply(a: number, b: number): number;
  /** The inverse of a public element that is not zero. */
  invert(a: number): number;
  /** Multiplies each element packed in `words` by the public element `scalar`, in place. */
  multiplyVector(words: Uint32Array, scalar: number): void;
}

/** GF(2^8) with x^8 + x^4 + x^3 + x + 1 (the field of AES, FIPS 197 §4.2): up to 255 holders. */
export const gf256: BinaryField = binaryField({ bits: 8, polynomial: 0x1b, keep: 0x7f7f7f7f, carry: 0x01010101 });

/** GF(2^16) with x^16 + x^12 + x^3 + x + 1: up to 65,535 holders. */
export const gf65536: BinaryField = binaryField({ bits: 16, polynomial: 0x100b, keep: 0x7fff7fff, carry: 0x00010001 });

interface FieldShape {
  readonly bits: 8 | 16;
  /** The reduction polynomial without its leading term. */
  readonly polynomial: number;
  /** All bits of each packed element but the top one. */
  readonly keep: number;
  /** The lowest bit of each packed element. */
  readonly carry: number;
}

function binaryField({ bits, polynomial, keep, carry }: FieldShape): BinaryField {
  const order = 2 ** bits;
  const double = (word: number) => ((word & keep) << 1) ^ (((word >>> (bits - 1)) & carry) * polynomial);

  function multiply(a: number, b: number): number {
    let product = 0;
    let doubled = a;
    for (let rest = b; rest > 0; rest >>>= 1) {
      if ((rest & 1) === 1) product ^= doubled;
      doubled = double(doubled);
    }
    return product;
  }

  /** a^(2^bits - 2): the inverse by Fermat's little theorem. */
  function invert(a: number): number {
    let power = 1;
    let square = a;
    for (let exponent = order - 2; exponent > 0; exponent >>>= 1) {
      if ((exponent & 1) === 1) power = multiply(power, square);
      square = multiply(square, square);
    }
    return power;
  }

  function multiplyVector(words: Uint32Array, scalar: number): void {
    for (let index = 0; index < words.length; index++) {
      let product = 0;
      let doubled = words[index]!;
      for (let rest = scalar; rest > 0; rest >>>= 1) {
        if ((rest & 1) === 1) product ^= doubled;
        doubled = double(doubled);
      }
      words[index] = product;
    }
  }

  return { maxHolders: order - 1, multiply, invert, multiplyVector };
}
