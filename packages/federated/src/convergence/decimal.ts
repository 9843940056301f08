import { decimalExpected, readDecimal } from "@tributary/contracts/fields";
import { ArgumentError } from "../errors.ts";

/** An exact decimal number: `units` times ten to the power of `exponent`. */
export interface Decimal {
  /** Signed digits without a point. */
  readonly units: bigint;
  /** Power of ten that the digits are multiplied with. */
  readonly exponent: number;
}

const DECIMAL_PATTERN = /^([-+]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d{1,5}))?$/;
const MAX_TEXT_LENGTH = 400;
const MAX_EXPONENT = 400;

/**
 * Reads a decimal string exactly, a metric's as well as the narrower ones of the API; `undefined` when the text is not one (`NaN`, `Infinity`, hexadecimal, blanks, an
 * exponent beyond ±400, more than 400 characters).
 */
export function parseDecimal(text: string): Decimal | undefined {
  if (text.length > MAX_TEXT_LENGTH) return undefined;
  const match = DECIMAL_PATTERN.exec(text);
  if (!match) return undefined;
  const [, sign, whole = "", fraction = "", power = "0"] = match;
  if (Math.abs(Number(power)) > MAX_EXPONENT) return undefined;
  const magnitude = BigInt(whole + fraction);
  return { units: sign === "-" ? -magnitude : magnitude, exponent: Number(power) - fraction.length };
}

/**
 * Reads an argument that must be a decimal of the API.
 *
 * @throws ArgumentError naming the argument when the text is no decimal.
 */
export function requireDecimal(argument: string, text: string): Decimal {
  const decimal = readDecimal(text).ok ? parseDecimal(text) : undefined;
  if (!decimal) throw new ArgumentError(argument, text, decimalExpected);
  return decimal;
}

/** The decimal that a finite double prints as (its shortest text), `undefined` for NaN and the infinities. */
export function decimalOfNumber(value: number): Decimal | undefined {
  return Number.isFinite(value) ? parseDecimal(String(value)) : undefined;
}

/** Difference `left - right`, exact. */
export function subtractDecimals(left: Decimal, right: Decimal): Decimal {
  const exponent = Math.min(left.exponent, right.exponent);
  return { units: unitsAt(left, exponent) - unitsAt(right, exponent), exponent };
}

/** -1, 0 or 1 as `left` is below, equal to or above `right`. */
export function compareDecimals(left: Decimal, right: Decimal): -1 | 0 | 1 {
  const { units } = subtractDecimals(left, right);
  return units < 0n ? -1 : units > 0n ? 1 : 0;
}

/** The decimal with its sign turned. */
export function negateDecimal(value: Decimal): Decimal {
  return { units: -value.units, exponent: value.exponent };
}

function unitsAt(value: Decimal, exponent: number): bigint {
  return value.units * 10n ** BigInt(value.exponent - exponent);
}
