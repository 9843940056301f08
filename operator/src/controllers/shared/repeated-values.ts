const values = new Map<string, unknown>();
const valuesKept = 10_000;

/**
 * The same text or small value, of which one copy is kept for all objects that repeat it: JSON gives each object a copy of its
 * own. Values are not to be changed.
 */
export function shared<T>(value: T): T {
  const key = typeof value === "string" ? value : JSON.stringify(value);
  const known = values.get(key);
  if (known !== undefined && typeof known === typeof value) return known as T;
  if (values.size >= valuesKept) values.clear();
  values.set(key, value);
  return value;
}
