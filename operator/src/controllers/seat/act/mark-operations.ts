import type { JsonPatchOperation } from "../../../runtime/api/api-client.ts";
import type { KubeObject } from "../../../runtime/api/object.ts";
import type { Marks } from "../decide/shown-marks.ts";

/** Puts labels and annotations on an object beside those that others put there. */
export function markOperations({ metadata }: KubeObject, marks: Marks): JsonPatchOperation[] {
  return (["labels", "annotations"] as const).flatMap((field): JsonPatchOperation[] => {
    const wanted = marks[field];
    if (wanted === undefined) return [];
    const path = `/metadata/${field}`;
    // A map that is not there has to be made, and must not take the place of one that somebody made meanwhile.
    if (metadata[field] === undefined)
      return [
        { op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion },
        { op: "add", path, value: wanted },
      ];
    return Object.entries(wanted).map(([name, value]) => ({
      op: "add",
      path: `${path}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
      value,
    }));
  });
}
