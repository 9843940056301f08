import type { KubeObject } from "../api/object.ts";

/** Makes the form in which an object is kept; may return its argument, changed. Runs once an object, before freezing. */
export type Transform<T extends KubeObject> = (object: T) => T;

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** Drops what no reconciler reads: `managedFields` and kubectl's copy of the whole object. */
export function stripBookkeeping<T extends KubeObject>(object: T): T {
  delete object.metadata.managedFields;
  const annotations = object.metadata.annotations;
  if (annotations && lastApplied in annotations) delete annotations[lastApplied];
  return object;
}

/** Runs transforms one after the other. */
export function chainTransforms<T extends KubeObject>(...steps: readonly Transform<T>[]): Transform<T> {
  return (object) => steps.reduce((current, step) => step(current), object);
}

/** Keeps only the named top-level fields beside `metadata`, `apiVersion` and `kind`. */
export function keepFields<T extends KubeObject>(...fields: readonly string[]): Transform<T> {
  const kept = new Set([...fields, "metadata", "apiVersion", "kind"]);
  return (object) => {
    const entries = Object.entries(object).filter(([field]) => kept.has(field));
    return stripBookkeeping(Object.fromEntries(entries) as unknown as T);
  };
}
