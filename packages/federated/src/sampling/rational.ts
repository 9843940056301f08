import { ArgumentError, requireArgument } from "../errors.ts";

/** An exact fraction, numerator >= 0, denominator > 0; not necessarily in lowest terms. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/**
 * The fraction that a double is, exactly: every finite double is an integer times a power of two.
 *
 * @throws ArgumentError for a negative or non-finite value.
 */
export function rationalOf(value: number, argument = "value"): Rational {
  requireArgument(value >= 0 && Number.isFinite(value), argument, value, ">= 0 and finite");
  let scaled = value;
  let shift = 0n;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift += 1n;
  }
  return { numerator: BigInt(scaled), denominator: 1n << shift };
}

/** Refuses a fraction that is not above 0; throws ArgumentError naming it. */
export function requirePositive(argument: string, { numerator, denominator }: Rational): void {
  if (numerator > 0n && denominator > 0n) return;
  throw new ArgumentError(argument, `${numerator}/${denominator}`, "> 0 with a denominator > 0");
}

/** Whole part of the square root of an integer >= 0, by Newton's iteration. */
export function integerSquareRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let guess = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}
