import type { ResourceKind } from "@tributary/contracts";

/** What the API server calls one kind of object: enough to build its URL and its `apiVersion`. A CRD is one more literal. */
export type Resource = ResourceKind;

/** Where a request goes inside a resource; `namespace` left out addresses all namespaces. */
export interface ResourceTarget {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  /** For example `status`, `token`. */
  readonly subresource?: string | undefined;
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
