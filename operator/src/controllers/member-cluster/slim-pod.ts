import type { Unstructured } from "../../runtime/api/object.ts";
import type { Transform } from "../../runtime/cache/transform.ts";

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

/**
 * Keeps of a pod what looks read: identity, what its containers request, how it fares. A job may have 25,600 pods, and most
 * of a pod is the template that each of them repeats.
 */
export const slimPod: Transform<Unstructured> = (object) => {
  const { spec, status } = object as Pod;
  const containers = (spec?.containers ?? []).map(({ name, resources }) => ({ name: shared(name), resources }));
  return {
    metadata: pick(object.metadata, metadataKept),
    spec: { containers },
    ...(status === undefined ? {} : { status: slimStatus(status) }),
  } as unknown as Unstructured;
};

function slimStatus(status: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept = pick(status, statusKept);
  for (const list of ["initContainerStatuses", "containerStatuses"]) {
    const statuses = kept[list] as readonly Readonly<Record<string, unknown>>[] | undefined;
    if (statuses === undefined) continue;
    kept[list] = statuses.map((one) => pick(one, ["name", "image", "ready", "restartCount", "state", "lastState"]));
  }
  return kept;
}

function pick(source: object, fields: readonly string[]): Record<string, unknown> {
  const entries = Object.entries(source).filter(([field, value]) => fields.includes(field) && value !== undefined);
  return Object.fromEntries(
    entries.map(([field, value]) => [field, typeof value === "string" ? shared(value) : value]),
  );
}

/** Texts that pods repeat, each kept once: JSON gives every pod a copy of its own. */
const texts = new Map<string, string>();
const textsKept = 10_000;

function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= textsKept) texts.clear();
  texts.set(text, text);
  return text;
}
