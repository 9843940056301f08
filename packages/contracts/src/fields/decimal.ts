import { accept, type Reading, refuse } from "./finding.ts";

/** Most characters of a decimal in the API. */
export const MAX_DECIMAL_CHARACTERS = 32;

const decimal = /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,2})?$/;

/** What a decimal is, in words. */
export const decimalExpected =
  'a decimal such as "0.005" or "1e-3", at most 32 characters, its exponent of at most two digits';

/**
 * Reads a decimal of the API: the nearest double.
 *
 * The bounds make every decimal a finite double, so that nothing can be asked for that no number reaches.
 */
export function readDecimal(text: string): Reading<number> {
  if (text.length > MAX_DECIMAL_CHARACTERS || !decimal.test(text)) return refuse(decimalExpected);
  return accept(Number(text));
}
