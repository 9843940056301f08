/** The one code of {@link ArgumentError}: callers at an edge map it to their own catalogue. */
export const ARGUMENT_INVALID = "ARGUMENT_INVALID";

/**
 * An argument of a pure function is outside what the function accepts.
 *
 * It names the argument, the value it had and the bound it broke, so that whoever reads the message can put it right.
 */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
  /** Stable code, equal for every instance. */
  readonly code = ARGUMENT_INVALID;
  /** Name of the argument, dotted when it is a field: `plan.step`; part of it may come from a file, hence at most 200 characters. */
  readonly argument: string;
  /** The value that was refused, as text. */
  readonly value: string;
  /** What would have been right: `> 0 and finite`. */
  readonly bound: string;

  constructor(argument: string, value: unknown, bound: string) {
    const text = textOf(value);
    const name = cut(argument, 200);
    super(`${name} is ${text}, must be ${bound}`);
    this.argument = name;
    this.value = text;
    this.bound = bound;
  }
}

/** True for an {@link ArgumentError} of any copy of this package: it looks at the code, not at the class. */
export function isArgumentError(error: unknown): error is ArgumentError {
  return error instanceof Error && (error as { code?: unknown }).code === ARGUMENT_INVALID;
}

/**
 * Refuses `value` unless `accepted` is true.
 *
 * @throws ArgumentError naming the argument, the value and the bound.
 */
export function requireArgument(accepted: boolean, argument: string, value: unknown, bound: string): asserts accepted {
  if (!accepted) throw new ArgumentError(argument, value, bound);
}

/** Refuses anything but an integer in `[min, max]`; throws ArgumentError naming the argument and the bound. */
export function requireInteger(argument: string, value: number, min: number, max: number): void {
  const accepted = Number.isSafeInteger(value) && value >= min && value <= max;
  requireArgument(accepted, argument, value, `an integer from ${min} to ${max}`);
}

function textOf(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(cut(value, 80));
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return String(value);
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}
