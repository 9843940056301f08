/**
 * An object without those entries of a list that are explained. A list of which nothing is left goes where the runtime has none: an API
 * server writes no empty lists.
 */
export function without<T extends object, K extends keyof T & string, E>(
  object: T & { readonly [key in K]?: readonly E[] },
  field: K,
  runtime: readonly unknown[] | undefined,
  isExplained: (entry: E) => boolean,
): T {
  const list: readonly E[] | undefined = object[field];
  if (list === undefined) return object;
  const kept = list.filter((entry) => !isExplained(entry));
  if (kept.length > 0 || runtime !== undefined) return { ...object, [field]: kept };
  const { [field]: _none, ...rest } = object;
  return rest as T;
}
