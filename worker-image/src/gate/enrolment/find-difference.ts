/** A field of the pod that is not as the member's PodTemplate has it. */
export interface Difference {
  readonly path: string;
  /** What it must be; `undefined` for nothing. */
  readonly wanted: unknown;
  /** What it is; `undefined` for nothing. */
  readonly found: unknown;
}

/**
 * The first field in which two values differ, by names of fields in order and by place in lists; `undefined` when they are the same.
 * Whatever fields there are is compared, so that one that a later Kubernetes adds is too.
 */
export function findDifference(wanted: unknown, found: unknown, path: string): Difference | undefined {
  if (Array.isArray(wanted) && Array.isArray(found)) return firstOfLists(wanted, found, path);
  if (isObject(wanted) && isObject(found)) return firstOfObjects(wanted, found, path);
  return Object.is(wanted, found) ? undefined : { path, wanted, found };
}

function firstOfObjects(wanted: object, found: object, path: string): Difference | undefined {
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].sort();
  return firstOf(keys, (key) => findDifference(ownField(wanted, key), ownField(found, key), fieldPath(path, key)));
}

function firstOfLists(wanted: readonly unknown[], found: readonly unknown[], path: string): Difference | undefined {
  const places = Array.from({ length: Math.max(wanted.length, found.length) }, (_, place) => place);
  return firstOf(places, (place) => {
    const [one, other] = [wanted[place], found[place]];
    const names = [nameOf(one), nameOf(other)];
    if (names[0] === names[1]) return findDifference(one, other, `${path}[${names[0] ?? place}]`);
    return { path: `${path}[${names[1] ?? names[0] ?? place}]`, wanted: one, found: other };
  });
}

function firstOf<T>(items: readonly T[], find: (item: T) => Difference | undefined): Difference | undefined {
  for (const item of items) {
    const difference = find(item);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function ownField(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(entry: unknown): string | undefined {
  const name = isObject(entry) ? ownField(entry, "name") : undefined;
  return typeof name === "string" ? name : undefined;
}

function fieldPath(path: string, key: string): string {
  return /^[A-Za-z0-9]+$/u.test(key) ? `${path}.${key}` : `${path}[${key}]`;
}
