/** One value that breaks a rule: where it stands, what it is, and what would be right. */
export interface FieldFinding {
  /** Field, as `spec.participants[0].workers`. */
  readonly path: string;
  /** The value as it was given. */
  readonly value: unknown;
  /** What would be right, as it follows "must be". */
  readonly expected: string;
}

/** What reading one value gave: the value in its meaning, or what would have been right. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string };

/** A reading that succeeded. */
export function accept<T>(value: T): Reading<T> {
  return { ok: true, value };
}

/** A reading that failed. */
export function refuse(expected: string): { readonly ok: false; readonly expected: string } {
  return { ok: false, expected };
}

/** The finding of a reading that failed, under the path of its field; none of one that succeeded. */
export function findingsOf(path: string, value: unknown, reading: Reading<unknown>): FieldFinding[] {
  return reading.ok ? [] : [{ path, value, expected: reading.expected }];
}

/** A finding as one sentence: `spec.communication.initialStep is "2^99", must be a power of two …`. */
export function describeFinding({ path, value, expected }: FieldFinding): string {
  return `${path} is ${showValue(value)}, must be ${expected}`;
}

/** How PEM begins, as it is and in base64. */
const pemMarks = ["-----BEGIN ", "LS0tLS1CRUdJTi"];

/** A value as messages show it: JSON, at most 80 characters. PEM is named and not shown, since there may be a key in it. */
export function showValue(value: unknown): string {
  const text = value === undefined ? "absent" : (JSON.stringify(value) ?? String(value));
  if (pemMarks.some((mark) => text.includes(mark))) return "a PEM text";
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
