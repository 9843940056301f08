/** One thing wrong with a manifest. */
export interface Finding {
  /** Field, as `spec.participants[0].workers`; empty when it is the whole. */
  readonly path: string;
  /** What is wrong and what would be right. */
  readonly message: string;
}

/** The path of a field below another. */
export function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** What a value is, for messages about a whole document or object: what it holds may be anything, also a key. */
export function kindOfValue(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? "a text" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
