import { cutText } from "@tributary/contracts";
import type { Unstructured } from "../../runtime/api/object.ts";
import type { Transform } from "../../runtime/cache/transform.ts";
import { keepLabels } from "../shared/keep-metadata.ts";
import { shared } from "../shared/repeated-values.ts";

/** Most containers, and conditions, of which something is kept. */
export const containerLimit = 32;
/** Most characters of a text that a kubelet or a controller says: as many as a process can leave when it ends. */
export const messageLimit = 4_096;
/** Most characters of what a container requests, as JSON. */
const resourcesLimit = 2_048;

interface Pod {
  readonly spec?: { readonly containers?: readonly { readonly name: string; readonly resources?: object }[] };
  readonly status?: Readonly<Record<string, unknown>>;
}

const metadataKept = [
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "labels",
  "creationTimestamp",
  "deletionTimestamp",
];
const statusKept = ["phase", "reason", "message", "conditions", "initContainerStatuses", "containerStatuses"];
const containerKept = ["name", "image", "ready", "restartCount", "state", "lastState"];
const listsKept: readonly (readonly [string, readonly string[]])[] = [
  ["conditions", ["type", "status", "reason", "message"]],
  ["initContainerStatuses", containerKept],
  ["containerStatuses", containerKept],
];

/**
 * Keeps of a pod what looks read: identity, what its containers request, how it fares. A job may have 25,600 pods, and most
 * of a pod is the template that each of them repeats. Anybody may make one with our labels, so nothing is kept at any length.
 */
export const slimPod: Transform<Unstructured> = (object) => {
  const { spec, status } = object as Pod;
  const { metadata } = object;
  const labels = metadata.labels === undefined ? {} : { labels: keepLabels(metadata.labels) };
  const containers = (spec?.containers ?? [])
    .slice(0, containerLimit)
    .map(({ name, resources }) => shared({ name, ...keepResources(resources) }));
  return {
    metadata: pick({ ...metadata, ...labels }, metadataKept),
    spec: { containers },
    ...(status === undefined ? {} : { status: slimStatus(status) }),
  } as unknown as Unstructured;
};

/** What a container asks for; nothing when somebody made that a long list. */
export function keepResources(resources: object | undefined): { readonly resources?: object } {
  const isKept = resources !== undefined && JSON.stringify(resources).length <= resourcesLimit;
  return isKept ? { resources } : {};
}

function slimStatus(status: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = pick(status, statusKept);
  for (const [list, fields] of listsKept) {
    const entries = kept[list] as readonly object[] | undefined;
    if (entries !== undefined) kept[list] = entries.slice(0, containerLimit).map((one) => shared(pick(one, fields)));
  }
  return kept;
}

function pick(source: object, fields: readonly string[]): Record<string, unknown> {
  const entries = Object.entries(source).filter(([field, value]) => fields.includes(field) && value !== undefined);
  return Object.fromEntries(
    entries.map(([field, value]) => [field, unique.includes(field) ? value : withShared(value)]),
  );
}

/** Fields of which each pod has another value. */
const unique = ["name", "uid", "resourceVersion"];

/** The same value with its texts shared, and none of them long. */
function withShared(value: unknown): unknown {
  if (typeof value === "string") return shared(cutText(value, messageLimit));
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, withShared(inner)]));
}
