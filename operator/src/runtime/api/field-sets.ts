import type { KubeObject } from "./object.ts";

/**
 * The object with the names of its managers, and without the sets of fields that each of them owns: of a pod's metadata these are
 * nine tenths, more than a hundred values, and a list of a large job's pods would hold them all at once.
 */
export function withoutFieldSets<T extends KubeObject>(object: T): T {
  const { managedFields } = object.metadata;
  if (managedFields === undefined) return object;
  const managers = managedFields.map((entry) => {
    const { fieldsV1: _fields, ...rest } = entry as { readonly fieldsV1?: unknown };
    return rest;
  });
  return { ...object, metadata: { ...object.metadata, managedFields: managers } };
}
