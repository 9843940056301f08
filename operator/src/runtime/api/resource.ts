/** What the API server calls one kind of object: enough to build its URL and its `apiVersion`. */
export interface Resource {
  /** API group; the empty string is the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural name in URLs, lower case. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Where a request goes inside a resource; `namespace` left out addresses all namespaces. */
export interface ResourceTarget {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** For example `status`, `token`. */
  readonly subresource?: string | undefined;
}

/** `group/version`, or just the version for the core group. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** `plural.group`, the name of the CRD or `pods` for the core group; for messages and metric labels. */
export function resourceName(resource: Resource): string {
  return resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
}

function pathSegment(label: string, value: string): string {
  if (value === "" || value === "." || value === "..") {
    throw new RangeError(`${label} must be a Kubernetes name, got ${JSON.stringify(value)}`);
  }
  return encodeURIComponent(value);
}

/**
 * URL path of a resource, collection or object.
 *
 * @throws RangeError when a cluster-scoped resource is given a namespace, an object of a namespaced one is not,
 * or a segment is empty or a relative path.
 */
export function resourcePath(resource: Resource, target: ResourceTarget = {}): string {
  if (target.namespace !== undefined && !resource.namespaced) {
    throw new RangeError(`${resourceName(resource)} is cluster-scoped, got namespace "${target.namespace}"`);
  }
  if (target.name !== undefined && resource.namespaced && target.namespace === undefined) {
    throw new RangeError(`${resourceName(resource)} "${target.name}" needs a namespace`);
  }
  const segments = [resource.group === "" ? "api" : `apis/${resource.group}`, resource.version];
  if (target.namespace !== undefined) segments.push("namespaces", pathSegment("namespace", target.namespace));
  segments.push(resource.plural);
  if (target.name !== undefined) segments.push(pathSegment("name", target.name));
  if (target.subresource !== undefined) segments.push(pathSegment("subresource", target.subresource));
  return `/${segments.join("/")}`;
}

function core(plural: string, kind: string, namespaced = true): Resource {
  return { group: "", version: "v1", plural, kind, namespaced };
}

/** The built-in kinds an operator meets most. */
export const resources = {
  configMaps: core("configmaps", "ConfigMap"),
  namespaces: core("namespaces", "Namespace", false),
  nodes: core("nodes", "Node", false),
  pods: core("pods", "Pod"),
  podTemplates: core("podtemplates", "PodTemplate"),
  secrets: core("secrets", "Secret"),
  serviceAccounts: core("serviceaccounts", "ServiceAccount"),
  services: core("services", "Service"),
  events: { group: "events.k8s.io", version: "v1", plural: "events", kind: "Event", namespaced: true },
  jobs: { group: "batch", version: "v1", plural: "jobs", kind: "Job", namespaced: true },
  leases: { group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease", namespaced: true },
  statefulSets: { group: "apps", version: "v1", plural: "statefulsets", kind: "StatefulSet", namespaced: true },
  customResourceDefinitions: {
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "customresourcedefinitions",
    kind: "CustomResourceDefinition",
    namespaced: false,
  },
} as const satisfies Record<string, Resource>;
