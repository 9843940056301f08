import type { KubeObject, Unstructured } from "../../runtime/api/object.ts";
import { stripBookkeeping, type Transform } from "../../runtime/cache/transform.ts";

/** All that a cache keeps of who wrote an object of ours. */
const ourMark: unknown[] = [{ manager: "tributary" }];

/** Whether Tributary itself wrote an object; a copy that somebody made with all labels is not ours. */
export function isWrittenByUs({ metadata: { managedFields = [] } }: KubeObject): boolean {
  return managedFields.some((entry) => String((entry as { manager?: unknown }).manager).startsWith("tributary"));
}

/** Drops bookkeeping from what a cache keeps, but for whether Tributary wrote the object. */
export const markWrittenByUs: Transform<Unstructured> = (object) => {
  const isOurs = isWrittenByUs(object);
  const kept = stripBookkeeping(object);
  return isOurs ? { ...kept, metadata: { ...kept.metadata, managedFields: ourMark } } : kept;
};
