import type { Difference } from "./find-difference.ts";

const LONGEST_CHARACTERS = 160;
const LONGEST_PATH_CHARACTERS = 320;

/**
 * A difference in one line, cut visibly where it is long. Values of environment variables are secrets, and an annotation may hold a whole
 * manifest: their names alone are shown.
 */
export function describeDifference({ path, wanted, found }: Difference): string {
  const where = cut(path, LONGEST_PATH_CHARACTERS);
  // The path names the variable or annotation.
  if (/\.env\[|^metadata\.annotations[.[]/u.test(path)) return `${where} ${describeHidden(wanted, found)}`;
  return `${where} must be ${describe(wanted)}, is ${describe(found)}`;
}

function describeHidden(wanted: unknown, found: unknown): string {
  if (wanted === undefined) return "must be nothing, is there";
  return found === undefined ? "must be there, is nothing" : "is another (not shown)";
}

function describe(value: unknown): string {
  return value === undefined ? "nothing" : cut(JSON.stringify(withoutSecrets(value)), LONGEST_CHARACTERS);
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`;
}

function withoutSecrets(value: unknown, field = ""): unknown {
  if (Array.isArray(value)) return value.map((entry) => (field === "env" ? nameOf(entry) : withoutSecrets(entry)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSecrets(each, key)]));
}

function nameOf(variable: unknown): unknown {
  return typeof variable === "object" && variable !== null && "name" in variable ? variable.name : "a variable";
}
