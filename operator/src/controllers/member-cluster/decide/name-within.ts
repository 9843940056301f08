/** As many names as fit into `maxLength` characters, and how many more there are. */
export function nameWithin(names: readonly string[], maxLength: number): string {
  const shown = names.filter((_name, index) => names.slice(0, index + 1).join(", ").length <= maxLength);
  const more = names.length - shown.length;
  return more === 0 ? shown.join(", ") : `${shown.join(", ")} and ${more} more`;
}

/** Namespaces of a member for people, within about `maxLength` characters. */
export function nameNamespaces(names: readonly string[], maxLength: number): string {
  return `${names.length === 1 ? "namespace" : "namespaces"} ${nameWithin(names, maxLength)}`;
}
