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

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
