import type { OwnedObject } from "./owned-objects.ts";

/** Names that one message holds. */
const namedLimit = 10;

/** An object for people. */
export function describeObject({ kind, namespace, name }: OwnedObject): string {
  return `${kind} ${namespace}/${name}`;
}

/** Some objects by name, and how many more there are. */
export function nameSome(objects: readonly OwnedObject[]): string {
  return listSome(objects.map(describeObject));
}

/** The jobs that objects were made for. */
export function nameJobs(objects: readonly OwnedObject[]): string {
  return `job ${listSome([...new Set(objects.map(({ job }) => job))])}`;
}

function listSome(names: readonly string[]): string {
  const named = names.slice(0, namedLimit).join(", ");
  return names.length > namedLimit ? `${named} and ${names.length - namedLimit} more` : named;
}
