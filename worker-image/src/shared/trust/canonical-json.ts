import { TributaryError } from "@tributary/kit";

/** What has one canonical text: plain values, and lists and objects of them. */
export type CanonicalValue =
  | string
  | number
  | boolean
  | null
  | readonly CanonicalValue[]
  | { readonly [name: string]: CanonicalValue };

/**
 * The one text of a value, as RFC 8785 gives it: no blanks, names ascending by UTF-16 code units, numbers and texts as ECMAScript writes them.
 *
 * @throws INVARIANT_BROKEN for a number that JSON has no text for, and for a text that is not well-formed Unicode.
 */
export function canonicalJson(value: CanonicalValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([name, entry]) => `${canonicalJson(name)}:${canonicalJson(entry)}`).join(",")}}`;
  }
  const isSayable =
    typeof value === "number" ? Number.isFinite(value) : typeof value !== "string" || value.isWellFormed();
  if (isSayable) return JSON.stringify(value);
  throw new TributaryError("INVARIANT_BROKEN", `${String(value)} has no canonical JSON`);
}
