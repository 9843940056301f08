/** A change of one place of an object, which names the place. */
export interface SingleChange {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: changes reach into every part of an object
  readonly change: (object: any) => void;
}

type Path = readonly (string | number)[];

/** Every change of one place at or below a path: each value changed, each field and entry taken away, one more in each object and list. */
export function singleChanges(object: unknown, path: Path): SingleChange[] {
  const last = path.at(-1)!;
  const ofParent = (kind: string, change: SingleChange["change"]) =>
    changeOf(`${kind} ${path.join(".")}`, path.slice(0, -1), change);
  return [
    ofParent("gone", (parent) => (Array.isArray(parent) ? parent.splice(Number(last), 1) : delete parent[last])),
    ofParent("other", (parent) => {
      parent[last] = another(object);
    }),
    ...within(object, path),
  ];
}

function within(object: unknown, path: Path): SingleChange[] {
  if (typeof object !== "object" || object === null) return [];
  const more = changeOf(`more ${path.join(".")}`, path, (target) => {
    if (Array.isArray(target)) target.push(another(target[0]));
    else target.smuggled = "x";
  });
  const entries = Array.isArray(object) ? object.entries() : Object.entries(object);
  return [more, ...[...entries].flatMap(([key, value]) => singleChanges(value, [...path, key]))];
}

/** A value of the same kind that is another. */
function another(value: unknown): unknown {
  if (typeof value === "string") return /^\d+$/u.test(value) ? `${value}1` : `${value}x`;
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  if (Array.isArray(value)) return [];
  return { ...(value as object), name: "smuggled" };
}

function changeOf(name: string, path: Path, change: SingleChange["change"]): SingleChange {
  return { name, change: (object) => change(path.reduce((each, step) => each[step], object)) };
}
