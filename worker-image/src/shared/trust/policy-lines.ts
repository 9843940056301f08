import type { FieldFinding } from "@tributary/contracts/fields";
import { parseTrustJson, refuseFindings } from "./trust-file.ts";

/** How one line of a policy is read. */
export interface PolicyLine<T> {
  /** What it is when it is left out. */
  readonly otherwise: T;
  /** What would be right, as it follows "must be". */
  readonly expected: string;
  /** The line's meaning; `undefined` for what has none. */
  readonly read: (value: unknown) => T | undefined;
}

/** What each line of a policy means. */
export type LinesRead<L extends Readonly<Record<string, PolicyLine<unknown>>>> = {
  readonly [K in keyof L]: L[K] extends PolicyLine<infer T> ? T : never;
};

/** Texts that a list may hold. */
export interface Texts {
  readonly pattern: RegExp;
  readonly maxLength: number;
  readonly expected: string;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Most entries of a list. */
const MAX_ENTRIES = 4_096;

/** Reads an object of version 1 and of these lines alone. @throws PEERS_INVALID naming file, field, value and what would be right. */
export function readLines<L extends Readonly<Record<string, PolicyLine<unknown>>>>(
  file: string,
  text: string,
  lines: L,
): LinesRead<L> {
  const value = parseTrustJson(file, text);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject) refuseFindings(file, [{ path: "file", value, expected: "an object of the policy's lines" }]);
  const { version, ...fields } = value as Readonly<Record<string, unknown>>;
  if (version !== 1) refuseFindings(file, [{ path: "version", value: version, expected: "1" }]);
  const unknown = Object.keys(fields).filter((name) => !Object.hasOwn(lines, name));
  const known = `absent: the line is not known, lines are ${Object.keys(lines).join(", ")}`;
  const findings: FieldFinding[] = unknown.map((path) => ({ path, value: fields[path], expected: known }));
  const read = Object.entries(lines).map(([name, line]) => {
    const given = fields[name];
    const meaning = given === undefined ? line.otherwise : line.read(given);
    if (given !== undefined && meaning === undefined)
      findings.push({ path: name, value: given, expected: line.expected });
    return [name, meaning] as const;
  });
  refuseFindings(file, findings);
  return Object.fromEntries(read) as LinesRead<L>;
}

/** One of some words. */
export function oneOf<T extends string>(words: readonly T[], otherwise: T): PolicyLine<T> {
  const expected = `one of ${words.join(", ")}`;
  return { otherwise, expected, read: (value) => words.find((word) => word === value) };
}

/** A list of at least one of some words. */
export function someOf<T extends string>(words: readonly T[], otherwise: readonly T[]): PolicyLine<readonly T[]> {
  const expected = `a list of at least one of ${words.join(", ")}, each once`;
  const read = (value: unknown) => {
    const list = listOf(value, (entry) => words.includes(entry as T));
    return list === undefined || list.length === 0 ? undefined : (list as T[]);
  };
  return { otherwise, expected, read };
}

/** A list of texts, each once; it may be empty. */
export function uniqueTexts(texts: Texts, otherwise: readonly string[]): PolicyLine<readonly string[]> {
  const expected = `a list of at most ${MAX_ENTRIES} ${texts.expected}, each once`;
  return { otherwise, expected, read: (value) => listOf(value, (entry) => isText(texts, entry)) };
}

/** A list of texts of which one is allowed, or a word for all; a list that is empty allows none. */
export function anyOf<A extends string>(texts: Texts, any: A): PolicyLine<A | readonly string[]> {
  const list = uniqueTexts(texts, []);
  return {
    otherwise: any,
    expected: `${any}, or ${list.expected}`,
    read: (value) => (value === any ? any : list.read(value)),
  };
}

/** A whole number within bounds. */
export function wholeNumber<O>({ min, max }: Bounds, otherwise: O): PolicyLine<number | O> {
  const isInside = (value: unknown) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
  const expected = `a whole number from ${min} to ${max}`;
  return { otherwise, expected, read: (value) => (isInside(value) ? (value as number) : undefined) };
}

/** A whole number within bounds, or a word for no bound. */
export function numberOrAny<A extends string>(bounds: Bounds, any: A): PolicyLine<number | A> {
  const number = wholeNumber(bounds, any);
  return {
    otherwise: any,
    expected: `${any}, or ${number.expected}`,
    read: (value) => (value === any ? any : number.read(value)),
  };
}

/** True or false. */
export function isTrue(otherwise: boolean): PolicyLine<boolean> {
  return { otherwise, expected: "true or false", read: (value) => (typeof value === "boolean" ? value : undefined) };
}

/** The list in its one order. */
function listOf(value: unknown, isEntry: (entry: unknown) => boolean): string[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_ENTRIES || !value.every(isEntry)) return undefined;
  const list = value as string[];
  return new Set(list).size === list.length ? [...list].sort() : undefined;
}

function isText({ pattern, maxLength }: Texts, entry: unknown): boolean {
  return typeof entry === "string" && entry.length <= maxLength && pattern.test(entry);
}
