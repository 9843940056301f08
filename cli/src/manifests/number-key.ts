import { readWhole } from "./plain-scalar.ts";

/** Digits that tell any two numbers of 32 bits apart. */
const maxDigits = 9;

/** The key that kubectl makes of a number: a whole one in tens, any other in 32 bits. None of a whole one beyond 63 bits. */
export function textOfNumber(value: number, source: string): string | undefined {
  const whole = readWhole(source.replaceAll("_", ""));
  if (whole === undefined) return textOfFraction(Math.fround(value));
  return whole < 2n ** 63n ? String(whole) : undefined;
}

/** Go's shortest form: an exponent of two digits at least from a million on, and below a ten-thousandth. */
function textOfFraction(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  if (Object.is(value, -0)) return "-0";
  const shortest = shortestOf(value);
  const isPlain = value === 0 || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6);
  return isPlain ? String(Number(shortest)) : shortest.replace(/e([-+])(\d)$/u, "e$10$2");
}

/** The fewest digits that mean the same number of 32 bits. */
function shortestOf(value: number): string {
  for (let digits = 1; digits < maxDigits; digits += 1) {
    const text = value.toExponential(digits - 1);
    if (Math.fround(Number(text)) === value) return text;
  }
  return value.toExponential(maxDigits - 1);
}
