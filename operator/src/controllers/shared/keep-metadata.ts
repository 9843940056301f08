import { Annotation, Label } from "@tributary/contracts";
import type { KubeObject, ObjectMeta } from "../../runtime/api/object.ts";
import { isWrittenByUs, ourMark } from "./written-by-us.ts";

/** Labels of an object are kept whole up to this size together, in characters; of more only those that are read. */
const labelsLimit = 4_096;
const annotationLimit = 1_024;
/** Stands for a text that is too long to be kept. */
const cut = "…";

/** Label that a Job controller puts on the pods of a batch Job; those of a copy of one have all of our labels as well. */
export const jobNameLabel = "batch.kubernetes.io/job-name";
const readLabels: readonly string[] = [
  ...Object.values(Label),
  "app.kubernetes.io/managed-by",
  jobNameLabel,
  "batch.kubernetes.io/job-completion-index",
];
const readAnnotations: readonly string[] = Object.values(Annotation);
const fieldsKept = [
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
] as const;

/**
 * What a cache keeps of an object's metadata: which it is, whose it says to be, and whether Tributary wrote it. Anybody may put our
 * labels on an object of theirs, and a megabyte of other things.
 */
export function keepMetadata(object: KubeObject): ObjectMeta {
  const { metadata } = object;
  const kept = fieldsKept.flatMap((field) => (metadata[field] === undefined ? [] : [[field, metadata[field]]]));
  const annotations = keepAnnotations(metadata.annotations ?? {});
  return {
    ...(Object.fromEntries(kept) as Pick<ObjectMeta, "name">),
    ...(metadata.labels === undefined ? {} : { labels: keepLabels(metadata.labels) }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(isWrittenByUs(object) ? { managedFields: ourMark } : {}),
  };
}

/** Labels as they are, or those that are read when they are many: each has at most 63 characters. */
export function keepLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(labels);
  const size = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return size <= labelsLimit
    ? { ...labels }
    : Object.fromEntries(entries.filter(([name]) => readLabels.includes(name)));
}

/** Annotations of ours; one that we would never write so long shows as another one. */
function keepAnnotations(annotations: Readonly<Record<string, string>>): Record<string, string> {
  const ours = Object.entries(annotations).filter(([name]) => readAnnotations.includes(name));
  return Object.fromEntries(ours.map(([name, value]) => [name, value.length <= annotationLimit ? value : cut]));
}
