import { accept, type Reading, refuse } from "./finding.ts";

/** Largest magnitude of the exponent of a quantiser step: well inside float32, so that neither x/step nor q·step under- or overflows. */
export const MAX_STEP_EXPONENT = 96;

/** Reads a quantiser step such as `2^-20`: a power of two from 2^-96 to 2^96. */
export function readStep(text: string): Reading<number> {
  const exponent = Number(/^2\^(-?[0-9]{1,2})$/.exec(text)?.[1] ?? Number.NaN);
  if (Math.abs(exponent) <= MAX_STEP_EXPONENT) return accept(2 ** exponent);
  return refuse(`a power of two from 2^-${MAX_STEP_EXPONENT} to 2^${MAX_STEP_EXPONENT}, written 2^-20`);
}
