/** One thing that an account may do, in the words of a SelfSubjectAccessReview. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

const writes = ["create", "get", "list", "watch", "delete", "patch"];
const looks = ["list", "watch"];

/** What the operator needs in a member whatever is mapped. */
export function clusterRights(account: { readonly namespace: string; readonly name: string }): Right[] {
  return [
    ...looks.map((verb) => ({ verb, group: "", resource: "nodes" })),
    { verb: "get", group: "", resource: "namespaces", name: "kube-system" },
    { verb: "create", group: "", resource: "serviceaccounts", subresource: "token", ...account },
  ];
}

/** What the operator needs in a namespace that it may place into. */
export function namespaceRights(namespace: string): Right[] {
  const all = (group: string, resource: string, verbs: readonly string[]): Right[] =>
    verbs.map((verb) => ({ verb, group, resource, namespace }));
  return [
    { verb: "get", group: "", resource: "namespaces", name: namespace },
    ...all("batch", "jobs", writes),
    ...all("", "configmaps", writes),
    ...["pods", "podtemplates", "events"].flatMap((resource) => all("", resource, looks)),
  ];
}

/** Rights as one text: `create, get jobs.batch; list pods`. */
export function describeRights(rights: readonly Right[]): string {
  const verbs = new Map<string, string[]>();
  for (const { verb, group, resource, subresource, name } of rights) {
    const what = `${resource}${subresource === undefined ? "" : `/${subresource}`}${group === "" ? "" : `.${group}`}`;
    const key = name === undefined ? what : `${what} ${name}`;
    verbs.set(key, [...(verbs.get(key) ?? []), verb]);
  }
  return [...verbs].map(([what, may]) => `${may.join(", ")} ${what}`).join("; ");
}
